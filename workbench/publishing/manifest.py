"""What a build's folder says of itself: from which data it was made, what it holds, whether it was finished.

From the first file that is written until the last, ``manifest.json`` says that the build is incomplete, so that a
folder left behind by a build that was killed does not pass for one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.answers.stamp import data_digests
from workbench.store.faults import Fault
from workbench.store.files import replace, sha256

NAME = "manifest.json"
AGAIN = "build it again: survey build"


def begin(out: Path) -> None:
    """Say that a build is under way. What an earlier build wrote stays named, so that the next one can clear it."""
    replace(out / NAME, _text({"complete": False, "outputs": earlier(out)}))


def finish(out: Path, written: Iterable[Path], said: Mapping[str, Any]) -> None:
    """Say that a build is whole: what it was made from, and the digest of each of its files."""
    outputs = {p.relative_to(out).as_posix(): sha256(p.read_bytes()) for p in sorted(written)}
    replace(out / NAME, _text({"complete": True, **said, "outputs": outputs}))


def clear(out: Path, written: Iterable[Path]) -> None:
    """Delete what an earlier build wrote and this one did not, so that the manifest names all there is."""
    kept = set(written)
    for name in earlier(out):
        path = out / name
        if path not in kept and path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)


def earlier(out: Path) -> dict[str, str]:
    """Return the files that the manifest of a folder names, with their digests; none where it cannot be read."""
    outputs = _read(out).get("outputs")
    return outputs if isinstance(outputs, dict) else {}


def build_faults(root: Path, out: Path) -> list[Fault]:
    """Return how a build's folder differs from what it says of itself, and from the data as they are now.

    Args:
        root: the survey folder.
        out: the folder of the build.

    Returns:
        A fault a file that is missing or has changed since, and a data file that has; empty where all is as built.
    """
    place = f"{out.name}/{NAME}"
    manifest = _read(out)
    if not manifest:
        return [Fault(place, 0, "", "there is no build here that can be read", AGAIN)]
    if not manifest.get("complete"):
        return [
            Fault(place, 0, "", "the build was not finished: some of its files are of an earlier one", AGAIN)
        ]
    faults = []
    now, then = data_digests(root), manifest.get("inputs")
    then = then if isinstance(then, dict) else {}
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            what = "is new" if name not in then else "is gone" if name not in now else "has changed"
            faults.append(Fault(name, 0, "", f"{what} since the build, which does not speak of it", AGAIN))
    for name, digest in earlier(out).items():
        path = out / name
        if not path.resolve().is_relative_to(out.resolve()) or not path.is_file():
            faults.append(Fault(f"{out.name}/{name}", 0, "", "is missing from the build", AGAIN))
        elif sha256(path.read_bytes()) != digest:
            faults.append(Fault(f"{out.name}/{name}", 0, "", "is not as the build wrote it", AGAIN))
    return faults


def _read(out: Path) -> dict[str, Any]:
    try:
        held = json.loads((out / NAME).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _text(held: Mapping[str, Any]) -> str:
    return json.dumps(held, indent=2) + "\n"
