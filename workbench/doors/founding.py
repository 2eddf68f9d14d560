"""A new survey: a folder that works at once, with a schema to be filled, notebooks that name no topic, and a README."""

from __future__ import annotations

import re
import tempfile
from importlib.resources import files as resources
from pathlib import Path

from workbench.store.clock import now
from workbench.store.codebook import CODEBOOK, codebook
from workbench.store.faults import Fault, Refused
from workbench.store.history import kept_files
from workbench.store.schema import PATH as SCHEMA
from workbench.store.schema import load_schema
from workbench.store.settings import FORMAT, load_settings
from workbench.store.settings import PATH as SETTINGS

#: Template -> where it stands in the new folder.
_FILES = {
    "schema.yaml": SCHEMA,
    "survey.yaml": SETTINGS,
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "check.yml": ".github/workflows/check.yml",
}
#: A seed is a matter of taste; it is fixed here so that a new survey is the same wherever it is made.
_SEED = 1


def found(root: Path, *, title: str, question: str, code: str, codes: str = "") -> list[str]:
    """Make a new survey.

    Args:
        root: the folder; it is not there yet, or empty.
        title: what the survey is called.
        question: what it asks, one sentence.
        code: what one of the things is called that papers are asked about, such as ``failure mode``.
        codes: several of them; ``code`` with an s where it is left out.

    Returns:
        The files written, relative to the folder.

    Raises:
        Refused: the folder holds something, or a word is empty; nothing was written.
    """
    faults = [
        Fault("", 0, "", f"{name} is empty", f"give it in words (--{name})")
        for name, value in (("title", title), ("question", question), ("code", code))
        if not value.strip()
    ]
    facet = re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")
    if code.strip() and not re.fullmatch(r"[a-z][a-z0-9-]*", facet):
        faults.append(
            Fault("", 0, code, "no word that begins with a letter", "name it by a word, such as finding")
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        faults.append(
            Fault(root.name, 0, "", "there is something already", "name a folder that is not there yet")
        )
    if faults:
        raise Refused(faults)
    said = {
        name: _quoted(text)
        for name, text in (("title", title), ("code", code), ("codes", codes or f"{code}s"))
    }
    plain = {"title": title.strip(), "code": code.strip(), "question": " ".join(question.split())}
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}.") as beside:
        made = Path(beside) / "survey"
        (made / "corpus").mkdir(parents=True)
        (made / "corpus/.gitkeep").touch()
        template = resources("workbench.doors") / "template"
        for name, where in _FILES.items():
            (path := made / where).parent.mkdir(parents=True, exist_ok=True)
            text = (template / name).read_text("utf-8")
            if name != "gitignore":
                words = said if name.endswith(".yaml") else plain
                text = text.format_map(
                    {
                        **plain,
                        **words,
                        "word": code.strip(),
                        "Code": _quoted(code[:1].upper() + code[1:]),
                        "facet": facet,
                        "format": FORMAT,
                        "seed": _SEED,
                        "year": int(now()[:4]) - 1,
                    }
                )
            path.write_text(text, "utf-8")
        (made / "notebooks").mkdir()
        for notebook in sorted((template / "notebooks").iterdir(), key=lambda p: p.name):
            (made / "notebooks" / notebook.name).write_text(notebook.read_text("utf-8"), "utf-8")
        schema = load_schema(made)
        load_settings(made, schema)
        for where, text in {CODEBOOK: codebook(schema), **kept_files(made, [])}.items():
            (path := made / where).parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        if root.exists():
            root.rmdir()
        made.rename(root)
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def _quoted(text: str) -> str:
    """A text as YAML takes it on one line."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
