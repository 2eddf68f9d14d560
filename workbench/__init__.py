"""The workbench: reads and writes the survey's folders and offers the ways in.

``open_survey(path)`` gives the tidy tables; the decision functions are the only code that writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.store.survey import Survey, open_survey

__all__ = ["Survey", "open_survey"]


def __getattr__(name: str) -> object:
    # Late, so that `survey --help` does not pay for pandas.
    if name in __all__:
        from workbench.store import survey

        return getattr(survey, name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
