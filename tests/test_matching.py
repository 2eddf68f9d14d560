"""The matcher against an oracle that tries everything, and its rules one by one."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.searching.folding import END, words
from workbench.searching.matcher import Found, Matcher
from workbench.searching.query import read_query
from workbench.store.faults import Refused

VOCABULARY = ("ab", "abc", "b", "ba", "c")
#: A phrase as a structure: its parts (wordings of words with or without a star), distances and whether ordered.
word = st.tuples(st.sampled_from(VOCABULARY), st.booleans())
wording = st.lists(word, min_size=1, max_size=3)
part = st.lists(wording, min_size=1, max_size=3)
phrase = st.tuples(
    st.lists(part, min_size=1, max_size=3), st.one_of(st.none(), st.integers(0, 3)), st.booleans()
)
text = st.lists(st.sampled_from([*VOCABULARY, "x", "."]), max_size=14)


def written(parts: Any, distance: int | None, ordered: bool) -> str:
    """Return a phrase as it is written in a query."""
    sides = [
        "(" + "|".join(" ".join(w + "*" * star for w, star in g) for g in p) + "|b b b b)" for p in parts
    ]
    join = f" ~{'' if distance is None else distance}{'>' * ordered} "
    return join.join(sides)


def spans(text: list[str], wordings: Any) -> list[tuple[int, int]]:
    """Return every place of a part, tried at every word."""
    found = []
    for start, held in itertools.product(range(len(text)), [*wordings, [("b", False)] * 4]):
        there = text[start : start + len(held)]
        fits = [t.startswith(w) if star else t == w for t, (w, star) in zip(there, held, strict=False)]
        if len(there) == len(held) and all(fits) and END not in there:
            found.append((start, start + len(held)))
    return found


def stands(text: list[str], parts: Any, distance: int | None, ordered: bool) -> bool:
    """Say whether a phrase stands in a text: every choice of places in every order, tried."""
    places = [spans(text, p) for p in parts]
    for order in [places] if ordered else [places, places[::-1]]:
        for chosen in itertools.product(*order):
            pairs = list(itertools.pairwise(chosen))
            if all(
                a[1] <= b[0]
                and END not in text[a[1] : b[0]]
                and (distance is None or b[0] - a[1] <= distance)
                for a, b in pairs
            ):
                return True
    return False


def matcher(path: Path, rule: str = "", **form: Any) -> Matcher:
    """Return the matcher of a query that is written to a file and read back."""
    path.write_text(yaml.safe_dump({"title": "a query", **form}, sort_keys=False), "utf-8")
    return Matcher(read_query(path), rule)


def found(path: Path, title: str, abstract: str, *phrases: str, **form: Any) -> Found:
    concepts = [{"id": "it", "phrases": list(phrases)}]
    rules = {"hit": {"all_of": ["it"]}}
    return matcher(path, **{"concepts": concepts, "rules": rules, **form})(title, abstract)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queries") / "query.yaml"


@settings(max_examples=300)
@given(st.lists(phrase, min_size=1, max_size=4), text)
def test_the_matcher_finds_what_trying_everything_finds(file: Path, phrases: Any, given: list[str]) -> None:
    concepts = [{"id": f"c{n}", "phrases": [written(*p)]} for n, p in enumerate(phrases)]
    rules = {"hit": {"all_of": [[c["id"] for c in concepts]]}}
    result = matcher(file, near={"words": 9}, concepts=concepts, rules=rules)("", " ".join(given))
    array = words(" ".join(given))
    expected = tuple(
        f"c{n}" for n, (parts, d, o) in enumerate(phrases) if stands(array, parts, 9 if d is None else d, o)
    )
    assert result.concepts == expected
    assert result.hit is bool(expected)


@pytest.mark.parametrize(
    ("asked", "abstract", "hit"),
    [
        ("benchmark*", "Benchmarking it", True),
        ("benchmark*", "a subbenchmark", False),
        ("benchmark", "benchmarks", False),
        ("test set leak*", "the test-set leakage", True),
        ("test set leak*", "the test. Set leakage", False),
        ("behavio(u|)r*", "behaviour", True),
        ("behavio(u|)r*", "behaviors", True),
        ("generali(s|z)ation", "a generalisation", True),
        ("(model|agent)* fail*", "agents failing", True),
        ("trust (the |)judge*", "trust judges", True),
        ("trust (the |)judge*", "trust the judge", True),
        ("((large|small) |)model", "a small model", True),
        ("NAÏVE Bayes", "naive bayes", True),
        ("GPT-4", "gpt 4", True),
        ("model's", "the model\u2019s", True),
        ("judge ~ bias", "bias of the judge", True),
        ("judge ~ bias", "the judge. Its bias", False),
        ("judge ~ bias", "the judge i.e., its bias", True),
        ("judge ~> bias", "bias of the judge", False),
        ("judge ~2 bias", "judge of much bias", True),
        ("judge ~2 bias", "judge of very much bias", False),
        ("judge judge ~ judge", "judge judge", False),
        ("judge judge ~ judge", "judge judge judge", True),
        ("a ~ b ~ c", "c x b x a", True),
        ("a ~ b ~ c", "b a c", False),
    ],
)
def test_a_phrase(file: Path, asked: str, abstract: str, hit: bool) -> None:
    assert found(file, "", abstract, asked).hit is hit
    assert found(file, abstract, "", asked).hit is hit


def test_no_phrase_runs_from_title_into_abstract(file: Path) -> None:
    assert not found(file, "the judge", "model", "judge model", "judge ~ model").hit


def test_characters_between_are_those_of_words_each_with_a_blank(file: Path) -> None:
    near = {"characters": 8}
    assert found(file, "", "judge and its bias", "judge ~ bias", near=near).hit
    assert not found(file, "", "judge and that bias", "judge ~ bias", near=near).hit
    assert found(file, "", "judge bias", "judge ~ bias", near={"characters": 0}).hit
    assert found(file, "", "judge and that bias", "judge ~9 bias", near=near).hit


def test_points_count_each_phrase_once_a_field(file: Path) -> None:
    form: dict[str, Any] = {
        "kinds": {"strong": {"title": 4, "abstract": 2}, "weak": {"title": 2, "abstract": 1}},
        "hit_when": [{"strong": 1}, {"weak": 2, "weak in title": 1}, {"weak": 3}],
        "concepts": [
            {"id": "c", "code": "x", "phrases": {"strong": ["leak*"], "weak": ["memo*", "train*", "seen"]}}
        ],
        "rules": {"hit": {"enough": [{"points": 7}, {"strong": 1, "points": 6}]}},
    }
    it = matcher(file, **form)
    assert it("leak leak", "leaks and leaks") == Found(True, 6, ("c",), ("x",))
    assert it("", "leak leak") == Found(False, 2, ("c",), ("x",))
    assert it("memory", "") == Found(False, 2, (), ())
    assert it("memory", "memory") == Found(False, 3, (), ())
    assert it("memory", "trained") == Found(False, 3, ("c",), ("x",))
    assert it("", "memory trained") == Found(False, 2, (), ())
    assert it("memory training seen", "seen") == Found(True, 7, ("c",), ("x",))


def test_places_of_a_list_are_counted_without_overlap_up_to_the_most(file: Path) -> None:
    form: dict[str, Any] = {
        "kinds": {
            "place": {"title": 3, "abstract": 1, "counts": "places", "most": {"title": 1, "abstract": 3}}
        },
        "concepts": [{"id": "c", "phrases": {"place": [["a b", "b a", "c ~ d"]]}}],
        "rules": {"hit": {"enough": [{"points": 1}]}},
    }
    it = matcher(file, **form)
    assert it("", "a b a").points == 1  # "b a" overlaps "a b"
    assert it("", "a b b a c x d").points == 3
    assert it("", "a b a b a b a b").points == 3
    assert it("a b a b", "").points == 3


def test_a_rule_asks_for_all_any_and_none(file: Path) -> None:
    form: dict[str, Any] = {
        "concepts": [{"id": i, "phrases": [i]} for i in ("a", "b", "c", "d")],
        "rules": {"wide": {"all_of": ["a"]}, "narrow": {"all_of": ["a", ["b", "c"]], "none_of": ["d"]}},
    }
    assert matcher(file, **form)("", "a").hit
    it = matcher(file, "narrow", **form)
    assert [it("", t).hit for t in ("a", "a b", "a c", "b c", "a b d")] == [False, True, True, False, False]
    with pytest.raises(Refused, match="no such rule; one of wide, narrow"):
        matcher(file, "broad", **form)


def test_years_keep_out_what_lies_outside_and_nothing_unknown(file: Path) -> None:
    form: dict[str, Any] = {
        "years": {"first": 2018, "last": 2020},
        "concepts": [{"id": "a", "phrases": ["a"]}],
        "rules": {"hit": {"all_of": ["a"]}},
    }
    it = matcher(file, **form)
    assert [it("a", "", y).hit for y in (2017, 2018, 2020, 2021, None)] == [False, True, True, False, True]


def test_a_concept_is_looked_for_in_its_fields_only(file: Path) -> None:
    concepts: list[dict[str, Any]] = [
        {"id": "a", "phrases": ["a"], "fields": ["title"]},
        {"id": "b", "phrases": ["b"]},
    ]
    it = matcher(file, concepts=concepts, rules={"hit": {"all_of": [["a", "b"]]}}, fields=["abstract"])
    assert [it(*t).concepts for t in (("a", ""), ("", "a"), ("b", ""), ("", "b"))] == [("a",), (), (), ("b",)]
