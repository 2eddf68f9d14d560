"""Query files: what is written is read back, and what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workbench.doors.frame import codes_of
from workbench.searching.matcher import Matcher
from workbench.searching.query import Form, read_query
from workbench.searching.running import explained
from workbench.store.faults import Refused
from workbench.store.schema import load_schema

ROOT = Path(__file__).parents[1]
QUERIES = sorted((ROOT / "corpus/queries").glob("*.yaml"))

SMALL = """\
title: a query
concepts:
- id: judge
  phrases:
  - judge*
  - grader ~ bias
rules:
  hit:
    all_of: [judge]
"""


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.stem)
def test_the_survey_s_own_queries_are_right(path: Path) -> None:
    query = read_query(path, codes_of(ROOT, load_schema(ROOT)))
    for rule in query.form.rules:
        told = explained(query, rule)
        assert told[0] == query.form.title
        assert [t.partition(" ")[0].rstrip(":") for t in told[-len(query.form.concepts) :]] == [
            c.id for c in query.form.concepts
        ]


def test_one_query_asks_for_every_code_of_the_headline_facet() -> None:
    codes = codes_of(ROOT, load_schema(ROOT))
    assert set(codes) in [set(read_query(p).codes) for p in QUERIES]


ids = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
plain = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
word = st.from_regex(r"[a-zé0-9]{1,6}\*?", fullmatch=True)
side = st.one_of(
    st.lists(word, min_size=1, max_size=3).map(" ".join),
    st.lists(word, min_size=2, max_size=3).map(lambda w: f"({'|'.join(w)})"),
)
phrase = st.lists(side, min_size=1, max_size=3).map(" ~ ".join)
points = st.integers(0, 5)


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(
        st.lists(ids.filter(lambda i: i not in ("points", "phrase")), min_size=1, max_size=3, unique=True)
    )
    names = draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    line = st.dictionaries(
        st.sampled_from(["points", *kinds, *(f"{k} in title" for k in kinds)]), st.integers(1, 9), min_size=1
    )
    concepts: list[dict[str, Any]] = []
    for name in names:
        phrases = draw(st.lists(phrase, min_size=1, max_size=4, unique=True))
        by_kind = draw(st.booleans())
        concepts.append(
            {
                "id": name,
                "code": draw(st.sampled_from(["", "x"])),
                "phrases": {kinds[0]: phrases} if by_kind else phrases,
            }
        )
    return {
        "title": draw(plain),
        "note": draw(plain),
        "near": draw(st.sampled_from([{}, {"words": 3}, {"characters": 80}])),
        "kinds": {k: {"title": draw(points), "abstract": draw(points)} for k in kinds},
        "hit_when": draw(st.lists(line, max_size=2)),
        "concepts": concepts,
        "rules": {"r": {"all_of": [names], "enough": draw(st.lists(line, max_size=2))}},
        "cuts": draw(st.sampled_from([[], [{"file": "a.jsonl", "at_least": 0.5}]])),
    }


@given(forms())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, form: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("q") / "query.yaml"
    path.write_text(yaml.safe_dump(form, allow_unicode=True), "utf-8")
    read = read_query(path).form
    assert read == Form.model_validate(form)
    path.write_text(yaml.safe_dump(read.model_dump(mode="json"), allow_unicode=True), "utf-8")
    assert read_query(path).form == read


def refusal(path: Path, text: str | bytes, codes: tuple[str, ...] | None = None) -> list[str]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(Refused) as refused:
        read_query(path, codes)
    assert all(f.remedy and f.file == str(path) for f in refused.value.faults)
    return [f"{f.line}: {f.key}: {f.message}; {f.remedy}" for f in refused.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title: a query", "titel: a query", 1, "titel: Extra inputs"),
        ("  phrases:", "  phrase:", 4, "concepts.0.phrase: Extra inputs"),
        ("- judge*", "- ''", 5, "an empty phrase"),
        ("- judge*", "- '  '", 5, "an empty phrase"),
        ("- judge*", "- 42", 4, "42 is no phrase: put it in quotes"),
        ("- judge*", "- no", 5, "unquoted no"),
        ("- judge*", "- [judge]", 4, "['judge'] is no phrase"),
        ("- judge*\n  - grader ~ bias", "  strong: judge", 4, "no list"),
        ("- judge*\n  - grader ~ bias", "  judge", 4, "neither a list of phrases"),
        ("- judge*", "- judg\\w+", 5, "the sign '\\\\'"),
        ("- judge*", "- 'jud[gj]e'", 5, "the sign '['"),
        ("- judge*", "- judge.*", 5, "the sign '.'"),
        ("- judge*", "- ^judge$", 5, "the sign '^'"),
        ("- judge*", "- judges?", 5, "the sign '?'"),
        ("- judge*", "- ju*ge", 5, "a star inside the word"),
        ("- judge*", '- "*"', 5, "a star without a word"),
        ("- judge*", '- "*ge"', 5, "a star inside the word"),
        ("- judge*", "- (judge|grader", 5, "not closed"),
        ("- judge*", "- judge|grader", 5, "not closed"),
        ("- judge*", "- (judge)", 5, "brackets without a choice"),
        ("- judge*", "- (judge|)", 5, "leaves no word"),
        ("- judge*", "- '---'", 5, "leaves no word"),
        ("- judge*", "- judge ~", 5, "nothing beside ~"),
        ("- judge*", "- judge ~ b ~> c", 5, "~ and ~> in one phrase"),
        ("- judge*", "- " + "(a|b)" * 13, 5, "more than 5000 wordings"),
        ("- judge*", "- grader  ~ bias", 6, "given twice (first on line 5)"),
        ("- id: judge", "- id: judge\n  hit_when: [{strong: 1}]", 4, "unknown measure 'strong'"),
        (
            "- id: judge",
            "- id: judge\n  hit_when: [{points in body: 1}]",
            4,
            "unknown measure 'points in body'",
        ),
        ("- id: judge", "- id: judge\n  hit_when: [{}]", 4, "a line that always holds"),
        ("- id: judge", "- id: judge\n  hit_when: [{points: 0}]", 4, "greater than or equal to 1"),
        ("all_of: [judge]", "all_of: [jugde]", 9, "unknown concept 'jugde'; did you mean judge?"),
        ("all_of: [judge]", "all_of: [judge]\n    none_of: [x]", 10, "unknown concept 'x'"),
        ("all_of: [judge]", "none_of: [judge]", 8, "a rule that every record meets"),
        ("title: a query", "title: a query\nfields: [body]", 2, "unknown field 'body'"),
        ("title: a query", "title: a query\nyears: {first: 2020, last: 2010}", 2, "first year lies after"),
        ("title: a query", "title: a query\nyears: {first: '2020'}", 2, "valid integer"),
        ("title: a query", "title: a query\nnear: {words: 2, characters: 9}", 2, "keep one of the two"),
        ("title: a query", "title: a query\ntitle: again", 2, "key given twice"),
        ("title: a query", "title: &t a query\nnote: *t", 1, "an anchor or an alias"),
        ("title: a query", "title: [", 0, "not readable as YAML"),
        ("title: a query", "title: !!python/object:os.system x", 1, "not readable as YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert SMALL.count(old) == 1
    faults = refusal(tmp_path / "q.yaml", SMALL.replace(old, new))
    assert any(said in f and (not line or f.startswith(f"{line}:")) for f in faults), faults


def test_a_concept_given_twice_is_named(tmp_path: Path) -> None:
    twice = SMALL.replace("rules:", "- id: judge\n  phrases: [rater]\nrules:")
    [fault] = refusal(tmp_path / "q.yaml", twice)
    assert fault.startswith("7: judge: a concept of this name stands further up")


def test_a_code_must_be_one_of_the_survey_s(tmp_path: Path) -> None:
    text = SMALL.replace("- id: judge", "- id: judge\n  code: judge-bais")
    assert refusal(tmp_path / "q.yaml", text, ("judge-bias",)) == [
        "4: judge: unknown code 'judge-bais'; did you mean judge-bias?"
    ]


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "anchor or an alias" in refusal(tmp_path / "q.yaml", bomb)[0]
    assert refusal(tmp_path / "q.yaml", "title: " + "[" * 100_000)
    assert "1,000,000" in refusal(tmp_path / "q.yaml", "title: " + "x" * 1_000_001)[0]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"- a\n- b\n", b"just words\n", b"\x00\x01"])
def test_what_is_no_query_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path / "q.yaml", data)


def test_a_query_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"none\.yaml"):
        read_query(tmp_path / "none.yaml")


def test_the_worked_example_of_the_docs_works(tmp_path: Path) -> None:
    page = (ROOT / "docs/searching.md").read_text("utf-8")
    path = tmp_path / "judges.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    it = Matcher(read_query(path))
    assert it("Which answers do judges favour?", "Language models prefer length.").codes == ("judge-bias",)
    assert it("Which answers do judges favour?", "Language models prefer length.").hit
    assert not it("Position bias of people", "").hit
