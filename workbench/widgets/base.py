"""What every widget is made of: numbered actions from the browser, answered with a state rebuilt from the files.

The browser sends ``{n, name, ...}``; a widget's method ``do_NAME`` acts on it, and the answer is
``{n, state, faults, notes}``. Everything travels as messages and nothing as a synchronised trait: a notebook that is
saved with its widgets' state holds no sentence of a paper. Nothing is kept in memory alone: after a kill, ``open``
shows what the files say.

What a person sees was read at some moment. Before a write, ``Widget.writing_as_seen`` compares the rows concerned with
the file as it is then, under the survey's lock: if git, an editor or another kernel changed these very rows, nothing
is written and the answer's ``clash`` holds both for the user to choose from. Other rows of the file may
have changed: the doors read the file anew and keep them.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget

from workbench.doors.registering import register
from workbench.store.corpus import current, path_of, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, sha256, writing
from workbench.store.tables import STORED

HERE = Path(__file__).parent
Key = tuple[str, ...]


def script(*names: str) -> str:
    """Return the browser's side of a widget: the shared part and the widget's own, one ES module."""
    return "".join((HERE / f"{part}.js").read_text("utf-8") for part in ("base", *names))


def style(*names: str) -> str:
    """Return the style of a widget: the shared part, and the widget's own where there is one."""
    paths = [HERE / f"{part}.css" for part in ("base", *names)]
    return "".join(p.read_text("utf-8") for p in paths if p.exists())


@dataclass(frozen=True)
class Seen:
    """One coder's newest rows of a table, and the digest of the file they were read from."""

    digest: str = ""
    rows: Mapping[Key, Row] = field(default_factory=dict)


#: What was last seen of a file: most looks find it as it was.
_LOOKED: dict[tuple[Path, tuple[str, ...]], Seen] = {}


def look(root: Path, table: str, coder: str, key: Iterable[str]) -> Seen:
    """Read one coder's file of a table.

    Args:
        root: the survey folder.
        table: name of a table that has a file a coder.
        coder: whose file; nobody else's is opened.
        key: the columns that identify a row, whatever its revision.

    Raises:
        Refused: the file cannot be read.
    """
    faults: list[Fault] = []
    path = root / path_of(STORED[table], coder)
    # Digest first: a file that changes in between looks changed later, never unchanged.
    digest = sha256(path.read_bytes()) if path.exists() else ""
    at = (path, tuple(key))
    if at in _LOOKED and _LOOKED[at].digest == digest:
        return _LOOKED[at]
    rows = current(stored(root, table, faults, coder=coder), key)
    if faults:
        raise Refused(faults)
    seen = Seen(digest, rows)
    if digest == (sha256(path.read_bytes()) if path.exists() else ""):
        _LOOKED[at] = seen
    return seen


class Clash(Exception):
    """The rows that were to be written have changed on disk since the user saw them.

    Attributes:
        path: the file, relative to the survey folder.
        rows: key -> (the row as it was shown, the row on disk now); None where there is no such row.
    """

    def __init__(self, path: str, rows: Mapping[Key, tuple[Row | None, Row | None]]) -> None:
        self.path = path
        self.rows = dict(rows)
        super().__init__(f"{path} has changed on disk since it was shown")


class Widget(anywidget.AnyWidget):
    """A widget over a survey folder. A subclass gives ``state`` and methods ``do_NAME``.

    Attributes:
        root: the survey folder.
        notes: what the next answer tells the user beside the state.
    """

    #: What stands where no widget can be shown: in the page that ``survey build`` makes, on a code host.
    fallback = "This is where a widget stands when the notebook is open in JupyterLab."

    def __init__(self, root: str | Path | Any) -> None:
        """Make a widget over a survey folder, or over an opened survey."""
        self.root = (Path(root) if isinstance(root, str | Path) else Path(root.root)).resolve()
        self.notes: list[str] = []
        self._clash: dict[str, Any] | None = None
        self._done: dict[str, int] = {}
        super().__init__()
        self.on_msg(self._on_message)

    def state(self) -> dict[str, Any]:
        """Return what the browser shows, from the files as they are now; values are JSON."""
        raise NotImplementedError

    def do_open(self, message: Mapping[str, Any]) -> None:
        """Show the files as they are now: a view appeared, or the user asked."""

    def do_register(self, message: Mapping[str, Any]) -> None:
        """Make somebody a coder, by ``id`` and their ``person``'s name, in a file of their own, and work as them."""
        coder = str(message.get("id", "")).strip()
        register(self.root, coder, name=str(message.get("person", "")))
        self.do_coder({"coder": coder})

    def do_coder(self, message: Mapping[str, Any]) -> None:
        """Work as the ``coder`` given."""
        raise NotImplementedError

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Act on one message of the browser and return the answer; never raises.

        Args:
            message: ``n`` (counts up within a ``view``), ``view``, ``name``, and what the action takes. A message that
                comes twice is done once.
        """
        self.notes, self._clash = [], None
        answer: dict[str, Any] = {"n": message.get("n", 0), "view": message.get("view", ""), "faults": []}
        with self._told(answer["faults"]):
            if not self._again(message):
                act: Callable[[Mapping[str, Any]], None] | None
                act = getattr(self, f"do_{message.get('name', '')}", None)
                if act is None:
                    raise Refused(
                        [Fault("widget", 0, "", f"no action {message.get('name')!r}", "reload the page")]
                    )
                act(message)
        answer |= {"notes": self.notes, "clash": self._clash, "state": None}
        with self._told(answer["faults"]):
            answer["state"] = self.state()
        return answer

    @contextmanager
    def writing_as_seen(
        self, table: str, coder: str, key: Iterable[str], seen: Seen, concerned: Iterable[Key]
    ) -> Iterator[Seen]:
        """Hold the survey's lock while rows are written that must be as the user saw them.

        The doors may be called inside. Yields the file as it is now.

        Args:
            table: name of a table that has a file a coder.
            coder: whose file.
            key: the columns that identify a row, whatever its revision.
            seen: what was shown.
            concerned: keys of the rows to be written.

        Raises:
            Clash: one of them has changed on disk; the caller shows both with ``clashed``, or lets it pass to
                ``act``, which tells the user that nothing was written.
        """
        with writing(self.root):
            now = look(self.root, table, coder, key)
            if now.digest != seen.digest:
                changed = {
                    k: (seen.rows.get(k), now.rows.get(k))
                    for k in concerned
                    if _values(seen.rows.get(k)) != _values(now.rows.get(k))
                }
                if changed:
                    raise Clash(path_of(STORED[table], coder), changed)
            yield now

    def clashed(self, clash: Clash, mine: Mapping[str, Any]) -> None:
        """Show the user both: what is on disk, and what the browser wanted to write (given back untouched)."""
        self._clash = {
            "path": clash.path,
            "rows": [
                {"key": list(k), "shown": _values(shown), "disk": _values(disk)}
                for k, (shown, disk) in clash.rows.items()
            ],
            "mine": {k: v for k, v in mine.items() if k not in ("n", "view")},
        }

    @contextmanager
    def _told(self, faults: list[str]) -> Iterator[None]:
        try:
            yield
        except Refused as refusal:
            faults += [_said(f) for f in refusal.faults]
        except Clash as clash:
            faults.append(f"{clash}: nothing was written; what is shown now is what the file says.")
        except OSError as error:
            where = f" ({Path(error.filename).name})" if error.filename else ""
            faults.append(
                f"{error.strerror or error}{where}: nothing is half-written; make room and try again."
            )
        except Exception as error:  # the user gets a sentence, the kernel's log the rest
            logging.getLogger("workbench").exception("a widget's action failed")
            faults.append(f"Something went wrong in the workbench ({type(error).__name__}: {error}).")

    def _again(self, message: Mapping[str, Any]) -> bool:
        view, n = str(message.get("view", "")), int(message.get("n", 0))
        if n and n <= self._done.get(view, 0):
            return True
        self._done[view] = n
        return False

    def _on_message(self, _: Any, message: Any, __: Any) -> None:
        if isinstance(message, dict):
            self.send(self.act(message))

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """Return the widget, and the sentence that stands for it where there is no JupyterLab."""
        bundle = super()._repr_mimebundle_()
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle or {})
        data["text/plain"] = self.fallback
        data["text/html"] = f"<p><em>{html.escape(self.fallback)}</em></p>"
        return data


def _values(row: Row | None) -> Row | None:
    return None if row is None else {c: v for c, v in row.items() if not c.startswith("_") and c != "coder"}


def _said(fault: Fault) -> str:
    """Return a fault as the user reads it: line and file matter only where a file is at fault."""
    where = f"{fault.file}:{fault.line}: " if fault.line else ""
    return f"{where}{fault.message}: {fault.remedy}" if fault.remedy else f"{where}{fault.message}"


def visible(root: Path, coder: str, paper: str, schema: str, basis: str) -> dict[str, list[Row]]:
    """Return what other coders coded of a paper, as far as this coder may see it.

    The one gate: nobody's rows pass before both have signed the paper off under this schema and on this basis; of
    those who have not, no file of codings is opened.

    Returns:
        Coder -> the rows that hold. Empty while this coder has not signed off.
    """
    faults: list[Fault] = []
    whole = (paper, schema, basis)
    signed = {
        r["coder"] for r in stored(root, "signoffs", faults) if (r["paper"], r["schema"], r["basis"]) == whole
    }
    out: dict[str, list[Row]] = {}
    for other in sorted(signed - {coder}) if coder in signed else ():
        rows = current(
            stored(root, "codings", faults, coder=other), ("paper", "schema", "basis", "facet", "code")
        )
        held = [r for k, r in sorted(rows.items()) if k[:3] == whole and r["state"] != "withdrawn"]
        out[other] = [_values(r) or {} for r in held]
    if faults:
        raise Refused(faults)
    return out
