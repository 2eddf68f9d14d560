"""What is timed in a process of its own: reading BibTeX, and ``survey check``; also runs in litstudy's environment."""

import contextlib
import io
import json
import sys
from collections.abc import Callable, Sized
from importlib import import_module
from pathlib import Path
from time import perf_counter

PAPERS = "corpus/papers.bib"
ONE = "@misc{one,\n  author = {Doe, Jane},\n  title = {One {\\'e}ntry},\n  year = {2024},\n}\n"


def read(name: str, root: Path) -> dict[str, float]:
    """Time one reader on papers.bib of a survey folder, and count the entries it found."""
    module = {"litstudy": "litstudy", "bibtexparser": "bibtexparser", "incoming": "workbench.doors.sources"}
    used = import_module(module.get(name, "workbench.store.bibliography"))
    reader: Callable[[Path], Sized] = {
        "litstudy": lambda at: used.load_bibtex(str(at / PAPERS)),
        "bibtexparser": lambda at: used.parse_string((at / PAPERS).read_text("utf-8")).entries,
        "incoming": lambda at: used.read_file(at / PAPERS).good,
    }.get(name, lambda at: used.read_papers(at, [], name == "warm"))
    # What a reader imports or compiles at its first call is not reading.
    (first := root / f"first-{name}" / PAPERS).parent.mkdir(parents=True, exist_ok=True)
    first.write_text(ONE, "utf-8")
    reader(first.parent.parent)
    began = perf_counter()
    found = reader(root)
    return {"seconds": perf_counter() - began, "entries": len(found)}


def check(root: Path, known: Path) -> dict[str, float]:
    """Time ``survey check`` apart from its imports, whose names an earlier run has left in ``known``."""
    began = perf_counter()
    app = import_module("workbench.cli").app
    for name in known.read_text("utf-8").split() if known.exists() else ():
        with contextlib.suppress(ImportError):  # some modules are made, not imported
            import_module(name)
    imported = perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        app(["check", "--survey", str(root)], standalone_mode=False)
    done = perf_counter()
    known.write_text("\n".join(sys.modules), "utf-8")
    return {"imports": imported - began, "seconds": done - imported}


if __name__ == "__main__":
    what, one, two = sys.argv[1:]
    print(json.dumps(read(one, Path(two)) if what == "read" else check(Path(one), Path(two))))
