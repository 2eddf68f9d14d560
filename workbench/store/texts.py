"""The texts that codings rest on: kept on this machine only, compared by digest and place.

Abstracts and full texts are not ours to redistribute. They live in the git-ignored ``.cache/texts``; the
corpus stores digests and places (code points of the normalised text), so that whoever has a text can be
shown the words behind a code.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.store.budgets import json_of
from workbench.store.faults import Fault, Refused
from workbench.store.files import read_data, sha256
from workbench.store.places import KEY

ABSTRACTS = ".cache/texts/abstracts.jsonl"
FULL_TEXTS = Path(".cache/texts/full")
#: Words given as evidence must number at least this many.
LEAST_WORDS = 5
#: A note that shares this many words in a row with the text is a quotation.
QUOTED_WORDS = 8
#: The abstracts last read of each survey, with the digest of their file.
_READ: dict[Path, tuple[str, dict[str, Text]]] = {}


@dataclass(frozen=True)
class Text:
    """A text in hand.

    Attributes:
        paper: key of the paper.
        title: its title as it stood beside the text.
        body: the abstract, or the full text.
        source: where the text was seen.
    """

    paper: str
    title: str
    body: str
    source: str = ""

    @property
    def normalised(self) -> str:
        """Title, two newlines, body: after NFKC and with runs of white space folded to one blank."""
        return f"{fold(self.title)}\n\n{fold(self.body)}"

    @property
    def digest(self) -> str:
        """SHA-256 of the normalised text."""
        return sha256(self.normalised)


@dataclass(frozen=True)
class Place:
    """Where words stand in a normalised text: code points ``start`` to ``end``, 0-based, end excluded."""

    text_sha256: str
    start: int
    end: int
    span_sha256: str


def fold(text: str) -> str:
    """Return text after NFKC, runs of white space folded to one blank, ends stripped."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def abstracts(root: Path) -> dict[str, Text]:
    """Return the abstracts in hand, by paper key."""
    path = (root / ABSTRACTS).absolute()
    try:
        data = read_data(root, ABSTRACTS)
    except FileNotFoundError:
        return {}
    digest = sha256(data)
    known = _READ.get(path)
    if known is None or known[0] != digest:
        texts = {}
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                text = _of_line(line, number)
                texts[text.paper] = text
        known = _READ[path] = (digest, texts)
    return dict(known[1])


def _of_line(line: bytes, number: int) -> Text:
    try:
        row = json_of(line.decode("utf-8"))
        cells = [row[c] for c in ("paper", "title", "abstract", "source")]
        if not all(isinstance(c, str) for c in cells):
            raise TypeError("a value is not text")
    except (ValueError, KeyError, TypeError) as error:
        message = f"not readable as an abstract ({error})"
        remedy = "delete the line, and bring the abstract again (survey abstracts --from FILE)"
        raise Refused([Fault(ABSTRACTS, number, "", message, remedy)]) from None
    return Text(*cells)


def abstracts_text(texts: Iterable[Text]) -> str:
    """Return the canonical content of the abstract cache: a JSON object a line, sorted by key."""
    return "".join(
        json.dumps(
            {"paper": t.paper, "title": t.title, "abstract": t.body, "source": t.source}, ensure_ascii=False
        )
        + "\n"
        for t in sorted(texts, key=lambda t: t.paper)
    )


def full_text(root: Path, paper: str) -> Text | None:
    """Return the full text in hand of a paper: first line the title, the rest the body; None where absent.

    Raises:
        Refused: the file cannot be read, or lies outside of the survey.
    """
    if not KEY.fullmatch(paper):  # no key of a paper names a place elsewhere
        return None
    path = (FULL_TEXTS / f"{paper}.txt").as_posix()
    try:
        title, _, body = read_data(root, path).decode("utf-8").partition("\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise Refused([Fault(path, 0, paper, "is not UTF-8", "save it as UTF-8")]) from None
    return Text(paper, title, body.replace("\r\n", "\n"), path)


def find(words: str, text: Text) -> Place | None:
    """Return the first place of some words in a text, or None where they do not stand there.

    Case counts; white space and compatibility forms (ligatures, full-width letters) do not.
    """
    wanted, whole = fold(words), text.normalised
    start = whole.find(wanted) if wanted else -1
    if start < 0:
        return None
    return Place(text.digest, start, start + len(wanted), sha256(wanted))


def find_again(place: Place, text: Text) -> tuple[str, Place] | None:
    """Return the words at a place, and where they stand now, also in another edition of the text.

    The words themselves are not stored: a span of the same length with the same digest is looked for.
    """
    whole, length = text.normalised, place.end - place.start
    starts = [place.start, *range(max(0, len(whole) - length + 1))]
    for start in starts:
        words = whole[start : start + length]
        if len(words) == length and sha256(words) == place.span_sha256:
            return words, Place(text.digest, start, start + length, place.span_sha256)
    return None


def quoted(note: str, text: Text) -> str:
    """Return the first run of eight or more words that a note shares with the text, else the empty string.

    Words are compared without case and punctuation.
    """
    mine, theirs = _words(note), _words(text.normalised)
    runs = {tuple(theirs[i : i + QUOTED_WORDS]) for i in range(len(theirs) - QUOTED_WORDS + 1)}
    for i in range(len(mine) - QUOTED_WORDS + 1):
        if tuple(mine[i : i + QUOTED_WORDS]) in runs:
            return " ".join(mine[i : i + QUOTED_WORDS])
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", unicodedata.normalize("NFKC", text).casefold())
