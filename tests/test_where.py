"""Restrictions in words: the grammar, what holds of which paper, and what is said where it is not understood."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.where import (
    Comparison,
    Condition,
    Joined,
    NotUnderstood,
    codings_where,
    papers_where,
    understood,
)

CODES = {"place": ["lab", "field"], "tool": ["hand-made", "bought"]}
LEVELS = ("named", "shown", "counted")
PAPERS = pd.DataFrame(
    {"paper": ["a", "b", "c", "d"], "first_public": pd.array([2022, 2024, 2025, None], dtype="Int64")}
)
CARRIED = {"a": {("place", "lab")}, "b": {("place", "lab"), ("tool", "bought")}, "c": {("tool", "hand-made")}}


def held(text: str) -> str:
    restriction = understood(text, codes=CODES, levels=LEVELS)
    assert restriction.of_papers is not None
    return "".join(sorted(papers_where(restriction.of_papers, PAPERS, CARRIED)))


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("year >= 2024", "bc"),
        ("year>=2024", "bc"),
        ("year != 2024", "ac"),
        ("year < 2024 or year > 2024", "ac"),
        ("not year = 2024", "acd"),
        ("place = lab", "ab"),
        ("place != lab", "cd"),
        ('tool = "hand-made"', "c"),
        ("tool in (hand-made, bought)", "bc"),
        ("year in (2022, 2025)", "ac"),
        ("place = lab and year >= 2024 or tool = hand-made", "bc"),
        ("place = lab and (year >= 2024 or tool = hand-made)", "b"),
        ("not (place = lab or tool = bought)", "cd"),
        ("not not place=lab", "ab"),
        ("(((year = 2022)))", "a"),
    ],
)
def test_what_holds_of_which_paper(text: str, papers: str) -> None:
    assert held(text) == papers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a name to compare is missing, at character 1"),
        ("yaer = 2024", "'yaer' is nothing to restrict by .*did you mean 'year'"),
        ("place = labb", "'labb' is no code of place .there are lab, field.; did you mean 'lab'"),
        ("level = count", "'count' is no level .*did you mean 'counted'"),
        ("year = 24", "'24' is no year of four digits, at character 8"),
        ("year ~ 2024", "after year one of = != < <= > >= or `in` is missing"),
        ("year = ", "what year = is missing, at character 8"),
        ("place > lab", "place has no order: use = or !="),
        ("year = 2024 year = 2025", "'year' is more than the restriction; join with `and` or `or`"),
        ("(year = 2024", r"`\)` is missing"),
        ("year in 2024", r"`\(` is missing after `in`"),
        ("year in (2024", r"`\)` is missing"),
        ("year = 2024 and", "a name to compare is missing"),
        ("year ! 2024", "'!' cannot stand here, at character 6"),
        ('place = "lab', "cannot stand here"),
        ("__import__('os') = 1", "nothing to restrict by"),
        ("level = shown or year = 2024", "level speaks of codings and not of papers"),
        ("not verified = yes", "verified speaks of codings"),
        ("(" * 3000 + "year = 2024" + ")" * 3000, "more than 50 conditions stand inside each other"),
        ("not " * 3000 + "year = 2024", "more than 50 conditions stand inside each other"),
    ],
)
def test_what_is_not_understood_says_where_and_what_to_write(text: str, message: str) -> None:
    with pytest.raises(NotUnderstood, match=message):
        understood(text, codes=CODES, levels=LEVELS)


def test_what_can_be_told_of_every_record_restricts_the_frame() -> None:
    both = understood("year >= 2024 and place = lab and level >= shown", codes=CODES, levels=LEVELS)
    assert both.in_frame == Comparison("year", ">=", ("2024",))
    assert both.not_in_frame == ("place",)
    assert both.of_codings == (Comparison("level", ">=", ("shown",)),)
    either = understood("year >= 2024 or place = lab", codes=CODES, levels=LEVELS)
    assert either.in_frame is None and either.not_in_frame == ("place",)
    assert understood("level = shown", codes=CODES, levels=LEVELS).of_papers is None


def test_conditions_on_codings() -> None:
    final = pd.DataFrame(
        {"level": ["named", "shown", "counted", ""], "human_verified": [True, False, True, False]}
    )

    def kept(text: str) -> list[int]:
        mask = codings_where(understood(text, codes=CODES, levels=LEVELS), final)
        return list(final.index[mask])

    assert kept("level >= shown") == [1, 2, 3]
    assert kept("level != shown") == [0, 2, 3]
    assert kept("level in (named, counted)") == [0, 2, 3]
    assert kept("verified = yes") == kept("verified != no") == [0, 2]
    assert kept("verified = yes and level > named") == [2]
    assert kept("year = 2024") == [0, 1, 2, 3]


NAMED = st.sampled_from(
    [("year", "2024"), ("year", "1999"), ("place", "lab"), ("place", "field"), ("tool", "bought")]
)
LEAVES = st.builds(
    lambda pair, sign: Comparison(pair[0], sign, (pair[1],)), NAMED, st.sampled_from(["=", "!="])
)
TREES: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda parts, by: Joined(by, tuple(parts)),
            st.lists(inner, min_size=2, max_size=3),
            st.sampled_from(["and", "or"]),
        ),
        st.builds(lambda part: Joined("not", (part,)), inner),
    ),
    max_leaves=8,
)


def written(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        return f"{condition.name} {condition.sign} {condition.words[0]}"
    if condition.by == "not":
        return f"not ({written(condition.parts[0])})"
    return f" {condition.by} ".join(f"({written(part)})" for part in condition.parts)


@given(TREES)
def test_what_is_written_is_understood_as_it_was_meant(tree: Condition) -> None:
    found = understood(written(tree), codes=CODES, levels=LEVELS)
    assert found.of_papers is not None
    assert papers_where(found.of_papers, PAPERS, CARRIED) == papers_where(tree, PAPERS, CARRIED)


@given(st.text(alphabet='yearplcoint =!<>()",24-', max_size=40) | st.text(max_size=30))
def test_any_text_is_understood_or_refused_in_words(text: str) -> None:
    try:
        understood(text, codes=CODES, levels=LEVELS)
    except NotUnderstood as refused:
        assert "write for example" in str(refused) or "for example" in str(refused)
