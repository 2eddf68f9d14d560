"""Words are found by place and digest, also in another edition, and quotations are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.store.files import sha256
from workbench.store.texts import (
    ABSTRACTS,
    QUOTED_WORDS,
    Text,
    abstracts,
    abstracts_text,
    find,
    find_again,
    fold,
    full_text,
    quoted,
)

BODY = "We find that the score of a model went up while the thing it stands for did not move at all."
TEXT = Text("p", "On  proxies\nand scores", BODY)

WORD = st.text(st.characters(categories=["L", "N", "Mn"]), min_size=1, max_size=6)
WORDS = st.lists(WORD, min_size=1, max_size=12)
SPACE = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0", "\u2003"])
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def test_place_counts_code_points_after_title_and_two_newlines() -> None:
    text = Text("p", "𝔸 title", "𝔹ody 😀 of four words here")
    assert text.normalised == "A title\n\nBody 😀 of four words here"
    place = find("😀 of four words here", text)
    assert place is not None
    assert (place.start, place.end) == (14, 34)
    assert place.text_sha256 == text.digest == sha256(text.normalised)
    assert place.span_sha256 == sha256("😀 of four words here")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("the score of a model", True),
        ("the  score\nof a\u00a0model", True),
        ("ｔｈｅ score of a model", True),
        ("The score of a model", False),
        ("the score of the model", False),
        ("On proxies and scores", True),
        ("and scores We find that", False),
        ("", False),
        ("  \n", False),
    ],
)
def test_find(words: str, found: bool) -> None:
    place = find(words, TEXT)
    assert (place is not None) == found
    if place:
        assert TEXT.normalised[place.start : place.end] == fold(words)


@given(WORDS, WORDS, WORDS, SPACE)
def test_words_of_a_text_are_found_however_they_are_spaced(
    before: list[str], words: list[str], after: list[str], space: str
) -> None:
    text = Text("p", "t", " ".join([*before, *words, *after]))
    place = find(space.join(words), text)
    assert place is not None
    assert text.normalised[place.start : place.end] == fold(" ".join(words))
    assert find_again(place, text) == (fold(" ".join(words)), place)


@given(ANY)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(WORDS, ANY, ANY)
def test_words_are_found_again_in_another_edition(words: list[str], before: str, after: str) -> None:
    place = find(" ".join(words), Text("p", "t", " ".join(words)))
    assert place is not None
    edition = Text("p", "another title", f"{before} {' '.join(words)} {after}")
    again = find_again(place, edition)
    assert again is not None
    found, now = again
    assert found == fold(" ".join(words))
    assert edition.normalised[now.start : now.end] == found
    assert now.text_sha256 == edition.digest
    assert now.span_sha256 == place.span_sha256


def test_words_that_are_gone_are_not_found_again() -> None:
    place = find("the thing it stands for", TEXT)
    assert place is not None
    assert find_again(place, Text("p", TEXT.title, BODY.replace("thing", "matter"))) is None
    assert find_again(place, Text("p", "", "")) is None


def test_the_stored_place_comes_first_among_equals() -> None:
    text = Text("p", "again and again", "again and again")
    first = find("again and again", text)
    assert first is not None
    assert first.start == 0
    second = type(first)(first.text_sha256, 17, 32, first.span_sha256)
    assert find_again(second, text) == ("again and again", second)


def test_a_quotation_is_eight_words_in_a_row() -> None:
    words = BODY.rstrip(".").split()
    assert quoted(f"They say: {' '.join(words[3:11])}!", TEXT) == " ".join(words[3:11]).lower()
    assert quoted(f"They say: {' '.join(words[3:10])}", TEXT) == ""
    assert quoted(", ".join(w.upper() for w in words[:8]), TEXT) == " ".join(words[:8]).lower()
    assert quoted("", TEXT) == ""
    assert quoted(BODY, Text("p", "", "")) == ""


@given(st.lists(st.sampled_from("abcd"), max_size=14), st.lists(st.sampled_from("abcd"), max_size=14))
def test_quoted_is_a_common_run_and_misses_none(mine: list[str], theirs: list[str]) -> None:
    got = quoted(" ".join(mine), Text("p", "", " ".join(theirs)))
    common = [
        mine[i : i + QUOTED_WORDS]
        for i in range(len(mine) - QUOTED_WORDS + 1)
        if any(mine[i : i + QUOTED_WORDS] == theirs[j : j + QUOTED_WORDS] for j in range(len(theirs)))
    ]
    assert got == (" ".join(common[0]) if common else "")


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.tuples(ANY, ANY, ANY), max_size=4))
def test_the_cache_reads_back(
    tmp_path_factory: pytest.TempPathFactory, held: dict[str, tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.getbasetemp() / "cache"
    (root / ABSTRACTS).parent.mkdir(parents=True, exist_ok=True)
    texts = {key: Text(key, *cells) for key, cells in held.items()}
    (root / ABSTRACTS).write_bytes(abstracts_text(texts.values()).encode())
    assert abstracts(root) == texts
    assert abstracts_text(reversed(texts.values())) == abstracts_text(texts.values())


def test_line_separator_inside_an_abstract_does_not_cut_the_line(tmp_path: Path) -> None:
    (tmp_path / ABSTRACTS).parent.mkdir(parents=True)
    text = Text("p", "t", "one\u2028two\u0085three")
    (tmp_path / ABSTRACTS).write_text(abstracts_text([text]), "utf-8")
    assert abstracts(tmp_path) == {"p": text}


def test_texts_not_in_hand(survey: Path, tmp_path: Path) -> None:
    assert abstracts(tmp_path) == {}
    assert full_text(survey, "p01") is None
    assert len(abstracts(survey)) == 59
    (survey / ".cache/texts/full").mkdir()
    (survey / ".cache/texts/full/p01.txt").write_text("Its title\nIts body\nin lines\n", "utf-8")
    full = full_text(survey, "p01")
    assert full is not None
    assert full.normalised == "Its title\n\nIts body in lines"
