"""Where nothing can be kept compiled, the same is computed all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: The places where numba keeps what it compiled are taken away, as for a user who may write nowhere.
CODE = """
import sys
from numba.core.caching import CacheImpl
if sys.argv[1] == "no place":
    CacheImpl._locator_classes = []
import numpy as np
from analysis.curveball import movable
masks = np.array([[1], [2]], dtype=np.uint64)
print(movable(masks, np.zeros_like(masks)), movable(masks, masks | 3))
"""


def test_without_a_place_for_a_cache_the_null_is_drawn_all_the_same() -> None:
    said = {}
    for places in ("no place", "some"):
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", CODE, places],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        said[places] = ended.stdout
    assert said["no place"] == said["some"] == "True False\n"
