"""A build tells the truth about itself: what it was made from, what it holds, and whether it was finished."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import coded
from tests.coded import fill
from workbench.publishing import building
from workbench.publishing.building import build
from workbench.publishing.manifest import begin, build_faults, clear, finish
from workbench.store.faults import Refused


@pytest.fixture
def built(survey: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A survey and a folder with two files that a build of it could have written."""
    fill(survey)
    out = tmp_path / "out"
    begin(out)
    for name in ("tables/a.csv", "site/index.html"):
        (out / name).parent.mkdir(parents=True)
        (out / name).write_text(name, "utf-8")
    finish(out, [out / "tables/a.csv", out / "site/index.html"], {"inputs": building.data_digests(survey)})
    return survey, out


def said(survey: Path, out: Path) -> dict[str, str]:
    return {f.file: f.message for f in build_faults(survey, out)}


def test_a_build_of_the_data_as_they_are_has_no_fault(built: tuple[Path, Path]) -> None:
    assert said(*built) == {}


def test_a_file_that_changed_or_is_gone_is_named(built: tuple[Path, Path]) -> None:
    survey, out = built
    (out / "tables/a.csv").write_text("other", "utf-8")
    (out / "site/index.html").unlink()
    assert said(survey, out) == {
        "out/tables/a.csv": "is not as the build wrote it",
        "out/site/index.html": "is missing from the build",
    }


def test_data_that_moved_on_are_named(built: tuple[Path, Path]) -> None:
    survey, out = built
    coded.keep(survey, "p09")
    assert "has changed since the build, which does not speak of it" in said(survey, out).values()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"complete": "' + "[" * 100_000])
def test_a_manifest_that_cannot_be_read_is_no_build(built: tuple[Path, Path], text: str) -> None:
    survey, out = built
    (out / "manifest.json").write_text(text, "utf-8")
    assert said(survey, out) == {"out/manifest.json": "there is no build here that can be read"}


def test_a_manifest_names_no_file_outside_of_its_folder(built: tuple[Path, Path]) -> None:
    survey, out = built
    secret = out.parent / "secret"
    secret.write_text("mine", "utf-8")
    held = json.loads((out / "manifest.json").read_text("utf-8"))
    (out / "manifest.json").write_text(json.dumps({**held, "outputs": {"../secret": ""}}), "utf-8")
    assert said(survey, out) == {"out/../secret": "is missing from the build"}
    clear(out, [])
    assert secret.read_text("utf-8") == "mine"


def test_a_build_that_breaks_off_says_so_and_the_next_clears_what_it_left(
    survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(survey)
    out = tmp_path / "out"
    (out / "tables").mkdir(parents=True)
    (out / "tables/gone.csv").write_text("of an earlier build", "utf-8")
    finish(out, [out / "tables/gone.csv"], {})

    def cut(*_: object) -> list[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "_tables_and_figures", cut)
    with pytest.raises(KeyboardInterrupt):
        build(survey, out, notebooks=False)
    assert "was not finished" in said(survey, out)["out/manifest.json"]
    assert list(json.loads((out / "manifest.json").read_text("utf-8"))["outputs"]) == ["tables/gone.csv"]
    monkeypatch.setattr(building, "_tables_and_figures", lambda *_: [])
    monkeypatch.setattr(building, "_site", lambda *_: [])
    build(survey, out, notebooks=False)
    assert not (out / "tables/gone.csv").exists()
    assert said(survey, out) == {}


def test_a_refused_build_leaves_the_earlier_one_whole(
    built: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    survey, out = built
    before = (out / "manifest.json").read_bytes()

    def fails(*_: object) -> dict[str, str]:
        raise Refused([])

    monkeypatch.setattr(building, "execute", fails)
    monkeypatch.setattr(building, "need_trust", lambda _: None)
    with pytest.raises(Refused):
        build(survey, out)
    assert (out / "manifest.json").read_bytes() == before


WORKS = """
import os, sys, time
from workbench.publishing import answering

answering._spare = lambda: 2

if __name__ == "__main__":
    with answering.beside() as pool:
        print(*{pool.submit(os.getpid).result() for _ in range(8)}, flush=True)
        time.sleep(600)
"""


def test_a_killed_build_leaves_no_worker_behind(tmp_path: Path) -> None:
    program = tmp_path / "works.py"
    program.write_text(WORKS, "utf-8")
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        patience = time.monotonic() + 20
        while any(_alive(pid) for pid in workers) and time.monotonic() < patience:
            time.sleep(0.05)
        assert not [pid for pid in workers if _alive(pid)]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that nobody waits for is a name only
    return not status.exists() or status.read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
