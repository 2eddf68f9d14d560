"""Who decides: the door by which a person or a model becomes a coder, in a file of their own."""

from __future__ import annotations

from pathlib import Path

from workbench.doors.door import Written
from workbench.store.clock import now
from workbench.store.coders import Coder, coder_faults, coder_path, coder_text, read_coders
from workbench.store.faults import Fault, Refused
from workbench.store.files import replace_all, writing


def register(
    root: Path, coder: str, *, kind: str = "human", name: str = "", counts_from: str = ""
) -> Written:
    """Make somebody a coder, or change what is known of one.

    Args:
        root: the survey folder.
        coder: id: letters, digits and hyphens; also the name of the coder's files.
        kind: human or language-model; it cannot be changed.
        name: the person's name, or the model as far as it is known.
        counts_from: day (2026-12-01) or moment from which their decisions count; what they did before is practice.

    Raises:
        Refused: the id or a value is out of form, or the coder is of the other kind; nothing was written.
    """
    with writing(root):
        faults: list[Fault] = []
        known = read_coders(root, faults).get(coder)
        new = Coder(coder, kind, name.strip(), known.since if known else now()[:10], counts_from)
        faults += coder_faults(new, "command line")
        if known and known.kind != kind:
            message = f"{coder} is registered as {known.kind}"
            faults.append(Fault(coder_path(coder), 0, coder, message, "register the other under another id"))
        if not new.name:
            faults.append(Fault("command line", 0, coder, "a coder without a name", "give --name"))
        if faults:
            raise Refused(faults)
        if known == new:
            return Written(0, 1, ())
        return Written(1, 0, tuple(replace_all(root, {coder_path(coder): coder_text(new)})))
