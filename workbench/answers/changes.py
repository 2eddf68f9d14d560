"""What changed between two states of a survey, in words: records, decisions, codes, and findings that moved."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.measurement import READINGS
from workbench.answers.answer import BASIS
from workbench.answers.measurement import measured
from workbench.answers.measurement_in_words import headline
from workbench.store.faults import Fault, Refused
from workbench.store.survey import Survey

if TYPE_CHECKING:
    pass

#: What of a survey folder is data.
ROOMS = ("corpus", "coding_schema", "claims", "survey.yaml")
#: So many keys are named in a line; the number stands before them.
NAMED = 8
#: git may run nothing that a folder from elsewhere brings along.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")


@contextmanager
def state(what: str, root: Path) -> Iterator[Path]:
    """Give the folder of a state of a survey: a folder, or a revision of git of the survey in ``root``.

    Raises:
        Refused: it is neither.
    """
    if what and Path(what).is_dir():
        yield Path(what)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "survey"
        for name, digest in _listed(what, root):
            (path := made / name).parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_asked(root, "cat-file", "blob", digest))
        yield made


def _listed(revision: str, root: Path) -> list[tuple[str, str]]:
    """Data files of a revision and what git calls their content; links and whatever else is no file are left out."""
    nothing = Refused(
        [Fault("", 0, revision, "neither a folder nor a revision of git", "give a path, a tag or a commit")]
    )
    if not revision or revision.startswith("-"):
        raise nothing
    try:
        commit = _asked(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
        listed = _asked(root, "ls-tree", "-r", "-z", commit, "--", *ROOMS).decode("utf-8")
    except (OSError, subprocess.CalledProcessError):
        raise nothing from None
    found = []
    for line in listed.split("\0"):
        about, _, name = line.partition("\t")
        if about.startswith("100") and ".." not in Path(name).parts and not Path(name).is_absolute():
            found.append((name, about.split()[2]))
    if not any(name.startswith("corpus/") for name, _ in found):
        raise Refused(
            [Fault("", 0, revision, "holds no survey", "give a revision that has corpus/ in this folder")]
        )
    return found


def _asked(root: Path, *words: str) -> bytes:
    return subprocess.run([*_GIT, *words], cwd=root, capture_output=True, check=True).stdout


def changes(old: Survey, new: Survey) -> list[str]:
    """Return what changed, a sentence a line, under headings in Markdown; one sentence where nothing did.

    Args:
        old: the earlier state.
        new: the later one.
    """
    parts = (
        ("Records", _records(old, new)),
        ("Decisions", _decisions(old, new)),
        ("Codes", _codes(old, new)),
        ("Findings", _findings(old, new)),
    )
    lines = []
    for name, said in parts:
        if said:
            lines += [f"## {name}", "", *(f"- {one}" for one in said), ""]
    return lines[:-1] or ["Nothing changed."]


def _records(old: Survey, new: Survey) -> list[str]:
    before, after = set(old.papers["paper"]), set(new.papers["paper"])
    joined = set(new.merges["taken"]) if len(new.merges) else set()
    said = [
        _count(after - before, "record came in", "records came in"),
        _count(
            (before - after) & joined, "record was joined with another", "records were joined with others"
        ),
        _count((before - after) - joined, "record was taken out", "records were taken out"),
    ]
    searches = len({*new.hits["search"]} - {*old.hits["search"]})
    said.append(
        f"{searches} more {'search was' if searches == 1 else 'searches were'} logged." if searches else ""
    )
    both = sorted(before & after)
    one, two = (s.papers.set_index("paper").loc[both] for s in (old, new))
    for column, called in (
        ("title", "another title"),
        ("authors", "other authors"),
        ("first_public", "another first year"),
    ):
        a, b = (table[column].astype(object).fillna("").astype(str) for table in (one, two))
        moved = [paper for paper, x, y in zip(both, a, b, strict=True) if x != y]
        said.append(_count(moved, f"record has {called}", f"records have {called}"))
    return [s for s in said if s]


def _decisions(old: Survey, new: Survey) -> list[str]:
    def held(survey: Survey) -> dict[tuple[str, str], str]:
        rows = survey.screened
        return dict(zip(zip(rows["paper"], rows["stage"], strict=True), rows["decision"], strict=True))

    before, after = held(old), held(new)
    said = []
    for decision, verb in (
        ("include", "came in"),
        ("exclude", "went out"),
        ("pending", "waits for a second decision"),
    ):
        moved = {p for (p, stage), d in after.items() if d == decision and before.get((p, stage)) != decision}
        again = {p for p in moved if any(key[0] == p for key in before)}
        said.append(
            _count(moved - again, f"record was screened and {verb}", f"records were screened: {verb}")
        )
        said.append(
            _count(again, f"record was decided anew and {verb}", f"records were decided anew: {verb}")
        )
    signed = {*zip(new.signoffs["paper"], new.signoffs["coder"], strict=True)} - {
        *zip(old.signoffs["paper"], old.signoffs["coder"], strict=True)
    }
    said.append(
        _count({p for p, _ in signed}, "paper was signed off by a coder", "papers were signed off by a coder")
    )
    return [s for s in said if s]


def _codes(old: Survey, new: Survey) -> list[str]:
    def held(survey: Survey) -> Mapping[tuple[str, str, str], str]:
        rows = survey.final
        rows = rows[
            (rows["basis"] == BASIS).to_numpy(dtype=bool) & (rows["state"] == "present").to_numpy(dtype=bool)
        ]
        at = zip(rows["paper"], rows["facet"], rows["code"], strict=True)
        return dict(zip(at, rows["level"], strict=True))

    before, after = held(old), held(new)
    coded = set(old.final["paper"])
    fresh = {at for at in after.keys() - before.keys() if at[0] not in coded}
    added = after.keys() - before.keys() - fresh
    moved = [
        f"{p}: {code} {before[p, facet, code]} -> {after[p, facet, code]}"
        for p, facet, code in sorted(before.keys() & after.keys())
        if before[p, facet, code] != after[p, facet, code]
    ]
    papers = len({p for p, *_ in fresh})
    said = [
        f"{papers} {'paper is' if papers == 1 else 'papers are'} coded that "
        f"{'was' if papers == 1 else 'were'} not, with {len(fresh)} codes."
        if fresh
        else "",
        _count([f"{p}: {c}" for p, _, c in sorted(added)], "code was added", "codes were added"),
        _count(
            [f"{p}: {c}" for p, _, c in sorted(before.keys() - after.keys())],
            "code does not hold any more",
            "codes do not hold any more",
        ),
        _count(moved, "code has another level", "codes have another level"),
    ]
    return [s for s in said if s]


def _findings(old: Survey, new: Survey) -> list[str]:
    tables = [measured(survey).tables["measurement"] for survey in (old, new)]
    if any(table.empty for table in tables):
        return (
            [] if tables[0].empty == tables[1].empty else ["There are estimates now, and were none before."]
        )
    one, two = (headline(table).set_index("code") for table in tables)
    words = new.settings.words
    said = []
    for column, called in (
        ("under_measured", "talked about and not measured"),
        ("hardly_measured", "hardly measured"),
        ("rare", "rare"),
    ):
        for code in sorted(set(one.index) & set(two.index)):
            a, b = str(one.loc[code, column]), str(two.loc[code, column])
            if a != b:
                said.append(f"{two.loc[code, 'name']}: {called} was {_word(a)}, is {_word(b)}.")
    shares = []
    for table in tables:
        whole = (table["code"] == "") & (table["reading"] == READINGS[0])
        row = table[whole.to_numpy(dtype=bool)].iloc[0]
        shares.append(f"{row['ratio']:.0%} ({row['ratio_low']:.0%} to {row['ratio_high']:.0%})")
    if shares[0] != shares[1]:
        said.append(f"Of papers that discuss a {words.code}, {shares[1]} measure it; it was {shares[0]}.")
    return said


def _word(verdict: str) -> str:
    return {"yes": "shown", "no": "denied"}.get(verdict, "open")


def _count(what: Iterable[str], one: str, many: str) -> str:
    """How many, and the first of them by name; empty where there are none."""
    keys = sorted(what)
    if not keys:
        return ""
    more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
    return f"{len(keys):,} {one if len(keys) == 1 else many} ({', '.join(keys[:NAMED])}{more})."
