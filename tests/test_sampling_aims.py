"""Which strata are given another block, and that nothing else decides it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.doors.sampling import Drawn, sample, strata
from workbench.doors.screening import screen
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.files import rows_text
from workbench.store.schema import load_schema
from workbench.store.tables import RECORDS

STRATA = {
    f"{s}/{p}" for s in ("llm-as-judge", "reward-hacking", "unguessed") for p in ("before-2024", "from-2024")
}


def decide(
    root: Path, papers: tuple[str, ...], what: str = "include", streams: str = "", by: str = "ab"
) -> None:
    reason = "other-field" if what == "exclude" else ""
    for coder in by:
        rows = [
            {
                "paper": p,
                "decision": what,
                "reason": reason,
                "streams": streams,
                "_line": "1",
                "_file": "x.csv",
            }
            for p in papers
        ]
        screen(root, f"pass-{coder}", rows, run=f"run-{coder}", batch="test")


def aim(root: Path, **values: int) -> None:
    path = root / "coding_schema/schema.yaml"
    lines = path.read_text("utf-8").split("\n")
    for name, value in values.items():
        [at] = [n for n, line in enumerate(lines) if line.startswith(f"  {name}: ")]
        lines[at] = f"  {name}: {value}"
    path.write_text("\n".join(lines), "utf-8")


def given(drawn: Drawn) -> dict[str, int]:
    return {b["stratum"]: int(b["drawn"]) for b in drawn.blocks}


def corpus(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((root / "corpus").rglob("*.csv"))}


def test_every_stratum_gets_a_first_block(survey: Path) -> None:
    drawn = sample(survey)
    assert given(drawn) == dict.fromkeys(STRATA, 4)
    assert set(drawn.reasons.values()) == {"first block"}
    assert len(set(drawn.papers)) == 24
    assert not {"p59", "p60"} & set(drawn.papers)
    rows = stored(survey, "sample", [])
    assert {r["paper"] for r in rows} == set(drawn.papers)
    for stratum in STRATA:
        assert sorted(int(r["order"]) for r in rows if r["stratum"] == stratum) == [1, 2, 3, 4]
    for block in stored(survey, "sampling", []):
        assert float(block["probability"]) == pytest.approx(4 / int(block["frame"]), abs=1e-6)


def test_the_stratum_is_the_rarest_stream_and_the_period(survey: Path) -> None:
    found = strata(stored(survey, "records", []), load_schema(survey))
    assert len(found) == 58
    assert found["p02"] == "reward-hacking/from-2024"  # guessed for both streams; public in 2024
    assert found["p06"] == "llm-as-judge/from-2024"
    assert found["p05"] == "llm-as-judge/before-2024"
    assert found["p04"] == "unguessed/before-2024"


def test_nothing_more_while_one_decision_is_waiting(survey: Path) -> None:
    first = sample(survey)
    decide(survey, first.papers, "exclude", by="a")
    decide(survey, first.papers[1:], "exclude", by="b")
    before = corpus(survey)
    again = sample(survey)
    assert (again.blocks, again.papers, again.reasons, again.waiting) == ((), (), {}, 1)
    assert corpus(survey) == before


def test_running_twice_without_new_decisions_draws_nothing_new(survey: Path) -> None:
    decide(survey, sample(survey).papers, "exclude")
    assert sample(survey).papers
    before = corpus(survey)
    again = sample(survey)
    assert again.papers == ()
    assert again.waiting > 0
    assert corpus(survey) == before


def test_only_strata_that_serve_the_missed_stream_get_another_block(survey: Path) -> None:
    first = sample(survey)
    decide(survey, first.papers, streams="llm-as-judge")
    second = sample(survey)
    assert given(second) == {"reward-hacking/before-2024": 4, "reward-hacking/from-2024": 4}
    assert set(second.reasons.values()) == {"reward-hacking: 0 of 3"}
    assert not set(second.papers) & set(first.papers)
    assert [b["block"] for b in second.blocks] == ["2", "2"]


def test_only_strata_before_the_split_serve_the_aim_for_early_papers(survey: Path) -> None:
    first = sample(survey)
    years = {r["paper"]: int(r["first_public"]) for r in stored(survey, "records", [])}
    late = tuple(p for p in first.papers if years[p] >= 2024)
    decide(survey, late, streams="llm-as-judge;reward-hacking")
    decide(survey, tuple(p for p in first.papers if p not in late), "exclude")
    second = sample(survey)
    assert set(given(second)) == {s for s in STRATA if s.endswith("/before-2024")}
    assert set(second.reasons.values()) == {"before-2024: 0 of 2"}


def test_no_block_once_every_aim_is_met(survey: Path) -> None:
    decide(survey, sample(survey).papers, streams="llm-as-judge;reward-hacking")
    last = sample(survey)
    assert last.papers == ()
    assert last.reached == {
        "llm-as-judge": (24, 3),
        "reward-hacking": (24, 3),
        "before-2024": (12, 2),
        "included": (24, 12),
    }


def test_a_stream_named_by_one_screener_only_does_not_count(survey: Path) -> None:
    first = sample(survey)
    decide(survey, first.papers, streams="llm-as-judge", by="a")
    decide(survey, first.papers, streams="reward-hacking", by="b")
    assert sample(survey).reached["llm-as-judge"] == (0, 3)


@pytest.mark.parametrize("limit", [24, 26, 28, 40])
def test_never_past_the_limit_and_no_block_cut_to_fit(survey: Path, limit: int) -> None:
    aim(survey, limit=limit, included=1000)
    while drawn := sample(survey).papers:
        decide(survey, drawn, "exclude")
    total = len(stored(survey, "sample", []))
    assert limit - 4 < total <= limit
    cut = [b for b in stored(survey, "sampling", []) if b["drawn"] != "4"]
    assert {b["probability"] for b in cut} <= {"1.000000"}  # short only where the stratum ends


def test_the_last_block_of_a_stratum_is_what_is_left(survey: Path) -> None:
    aim(survey, limit=1000, included=1000)
    while drawn := sample(survey).papers:
        decide(survey, drawn, "exclude")
    assert len(stored(survey, "sample", [])) == 58
    last = {b["stratum"]: b["probability"] for b in stored(survey, "sampling", [])}
    assert last == dict.fromkeys(STRATA, "1.000000")


def test_a_stream_that_ran_out_does_not_keep_the_others_from_the_whole(survey: Path) -> None:
    aim(survey, limit=1000, included=58, per_stream=30, before_split=0)
    while drawn := sample(survey).papers:
        decide(survey, drawn)
    done = sample(survey)
    assert done.reached["reward-hacking"] == (0, 30)
    assert done.reached["included"] == (58, 58)


def test_order_does_not_depend_on_later_records_and_strata_never_change(survey: Path) -> None:
    aim(survey, limit=1000, included=1000, per_stream=0, before_split=0)
    first = sample(survey)
    old = stored(survey, "records", [])
    strata_before = {r["paper"]: r["stratum"] for r in old}
    assert all(s in STRATA for p, s in strata_before.items() if p not in ("p59", "p60"))
    tickets = {r["paper"]: int(r["order"]) for r in stored(survey, "sample", [])}
    # a hundred more about rewards turn the rarities round: judges are now the rarer stream
    more = [{**old[2], "paper": f"q{n:03}", "stratum": ""} for n in range(100)]
    (survey / RECORDS.path).write_text(rows_text(RECORDS, [*old, *more]), "utf-8")
    decide(survey, first.papers, "exclude")
    sample(survey)
    after = {r["paper"]: r["stratum"] for r in stored(survey, "records", [])}
    assert {p: after[p] for p in strata_before} == strata_before
    assert {
        r["paper"]: int(r["order"]) for r in stored(survey, "sample", []) if r["paper"] in tickets
    } == tickets
    fresh = strata([{**r, "stratum": ""} for r in stored(survey, "records", [])], load_schema(survey))
    assert any(fresh[p] != s for p, s in strata_before.items() if s)


def test_order_within_a_stratum_is_the_same_with_fewer_records(survey: Path) -> None:
    aim(survey, block=100, limit=1000)
    dry = sample(survey, dry_run=True)
    old = stored(survey, "records", [])
    gone = {"p03", "p08", "p11", "p20"}
    (survey / RECORDS.path).write_text(
        rows_text(RECORDS, [r for r in old if r["paper"] not in gone]), "utf-8"
    )
    assert sample(survey).papers == tuple(p for p in dry.papers if p not in gone)


def test_another_seed_is_another_order(survey: Path) -> None:
    one = sample(survey, dry_run=True)
    aim(survey, seed=8)
    assert sample(survey, dry_run=True).papers != one.papers


def test_a_dry_run_says_the_same_and_writes_nothing(survey: Path) -> None:
    before = corpus(survey)
    would = sample(survey, dry_run=True)
    assert corpus(survey) == before
    assert sample(survey) == would


def test_an_empty_frame_is_refused(survey: Path) -> None:
    rows = [{**r, "text_sha256": ""} for r in stored(survey, "records", [])]
    (survey / RECORDS.path).write_text(rows_text(RECORDS, rows), "utf-8")
    before = corpus(survey)
    with pytest.raises(Refused, match="no record has an abstract in hand"):
        sample(survey)
    assert corpus(survey) == before
