"""Import altair a second sooner.

altair imports jsonschema, which builds a grammar of internationalised web addresses where the package for it is
installed, as it is with JupyterLab. No chart has such an address to be checked, and jsonschema does without.
"""

import sys

_GRAMMAR = "rfc3987_syntax"

if "altair" not in sys.modules and _GRAMMAR not in sys.modules:
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
    try:
        import altair  # noqa: F401
    finally:
        del sys.modules[_GRAMMAR]
