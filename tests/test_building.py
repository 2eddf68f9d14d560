"""What ``build`` writes: all tables and figures, the same bytes every time, from much data, little and none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from analysis import charts
from tests import coded
from tests.conftest import EPOCH, small_survey
from tests.once import once
from tests.test_latex_tables import width_of
from workbench.answers import QUESTIONS, agreed, left_out
from workbench.answers.agreement import coded_first_under
from workbench.answers.answer import in_schema
from workbench.answers.cooccurrence import fewest_shared
from workbench.answers.stamp import data_digests, data_stamp
from workbench.publishing.building import build, figures
from workbench.publishing.latex_tables import PAGE
from workbench.reading.status import status
from workbench.store.corpus import stored
from workbench.store.csv_files import csv_text
from workbench.store.faults import Refused
from workbench.store.files import replace_all, rows_text, sha256, writing
from workbench.store.survey import Survey, open_survey
from workbench.store.tables import RECORDS, SAMPLE, SAMPLING
from workbench.store.trust import trust

#: What the first floor answers; ``QUESTIONS`` may hold more.
STEMS = (
    "agreement",
    "cooccurrence",
    "coverage",
    "levels",
    "measurement",
    "prisma",
)
TABLES = (
    "agreement",
    "agreement-codes",
    "cooccurrence",
    "coverage",
    "dropped",
    "expected",
    "expected-grids",
    "first-dates",
    "full-text-shift",
    "levels",
    "measurement",
    "missing-abstracts",
    "prisma",
    "trends",
)


def drawn(stem: str) -> set[str]:
    """Return the names of the files of one figure."""
    kinds = {f"figures/{stem}-{w}.{kind}" for w in ("single", "double") for kind in ("svg", "pdf", "png")}
    return kinds | {f"figures/{stem}.csv", f"figures/{stem}.csv-metadata.json"}


def expected(root: Path) -> tuple[set[str], set[str]]:
    """Return what the answers to all questions come to as file names: what ``figures`` writes, and tables."""
    answers = [answer(open_survey(root)) for answer in QUESTIONS.values()]
    taken = {name for a in answers for f in a.figures for name in drawn(f.stem)}
    taken |= {f"latex/{p.stem}{kind}.tex" for a in answers for p in a.printed for kind in ("", "-tabular")}
    taken |= {"latex/numbers.tex", "latex/numbers.json", "latex/included.bib"} | {
        name for a in answers for name in a.pages
    }
    names = [name for a in answers for name in a.tables]
    assert len(names) == len(set(names))
    return taken, {f"tables/{n}.{kind}" for n in names for kind in ("csv", "csv-metadata.json")}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def written_table(out: Path, name: str) -> list[dict[str, str]]:
    """Return a table as read back from its CSV."""
    with (out / f"tables/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def described(out: Path, stem: str) -> str:
    found = re.search(r"<desc[^>]*>([^<]*)</desc>", (out / f"figures/{stem}-double.svg").read_text("utf-8"))
    assert found
    return found[1]


def settled(survey: Path) -> Path:
    """Three papers coded by two and settled, one that the two differ about, one in and not coded, one out."""
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02", "p03", "p05", "p06")
    coded.keep(survey, "p04", decision="exclude")
    for coder, levels in (("pass-a", ("argues", "mentions", "measures")), ("pass-b", ("argues",) * 3)):
        one, three, six = (
            coded.whole(paper, level=level, figure_seen="yes" if level == "measures" else "no")
            for paper, level in zip(("p01", "p03", "p06"), levels, strict=True)
        )
        coded.coded(survey, coder, *one, *coded.whole("p02"), *three, *six)
    coded.adjudicate(survey, "eva", [coded.ruling("p03", "failure_mode", "judge-bias", "pass-a")])
    coded.verify(survey, "eva", [coded.word("p01"), coded.word("p02", outcome="reject")])
    sampled(survey, "p01", "p02", "p03", "p04", "p05", "p06")
    return survey


filled = pytest.fixture(once(settled), name="filled")


def sampled(root: Path, *papers: str) -> None:
    """Say of some papers that they were drawn from the frame, which is one stratum."""
    stratum = "llm-as-judge/from-2024"
    records = [{**r, "stratum": stratum} for r in stored(root, "records", [])]
    rows = [
        {"stage": "screening", "paper": p, "stratum": stratum, "block": "1", "order": str(n)}
        for n, p in enumerate(papers, 1)
    ]
    block = {"stage": "screening", "stratum": stratum, "block": "1", "seed": "1"}
    block |= {"frame": str(len(records)), "drawn": str(len(papers))}
    block |= {"probability": f"{len(papers) / len(records):.6f}"}
    with writing(root):
        tables = ((RECORDS, records), (SAMPLE, rows), (SAMPLING, [block]))
        replace_all(root, {table.path: rows_text(table, held) for table, held in tables})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build of the filled survey writes: built once, and read by every test that only reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        root = settled(small_survey(tmp_path_factory.mktemp("built") / "survey"))
        build(root, root.parent / "out")
    return root.parent / "out"


def test_every_table_and_figure_is_written_twice_the_same(filled: Path, built: Path, tmp_path: Path) -> None:
    written = build(filled, tmp_path / "again")
    one, two = contents(built), contents(tmp_path / "again")
    assert one == two
    assert set(one) == set(written)
    taken, tables = expected(filled)
    apart = {n for n in one if n.startswith("site/")}
    assert "site/index.html" in apart
    assert set(one) - apart == taken | tables | {"status.json", "manifest.json"}
    assert {n for stem in STEMS for n in drawn(stem)} <= taken
    assert {f"tables/{t}.csv" for t in TABLES} <= tables
    assert len(written) == len(set(written))
    manifest = json.loads(one["manifest.json"])
    assert manifest["outputs"] == {
        name: sha256(data) for name, data in one.items() if name != "manifest.json"
    }

    alone = figures(filled, tmp_path / "alone")
    assert set(alone) == taken
    assert contents(tmp_path / "alone") == {n: d for n, d in one.items() if n in taken}


def test_every_table_for_print_fits_the_page_and_the_works_that_are_in_can_be_cited(built: Path) -> None:
    tables = [p for p in (built / "latex").glob("*.tex") if r"\begin{tabular}" in p.read_text("utf-8")]
    assert len(tables) >= 2 and len(tables) % 2 == 0  # each as a float and bare
    for path in tables:
        assert width_of(path.read_text("utf-8")) <= PAGE, path.name
    works = (built / "latex/included.bib").read_text("utf-8")
    assert re.findall(r"^@\w+\{(\w+),$", works, re.MULTILINE) == ["p01", "p02", "p03", "p05", "p06"]


def test_figures_say_what_they_show_and_from_which_data(built: Path) -> None:
    stamp = json.loads((built / "manifest.json").read_bytes())["stamp"]
    assert stamp["human_verified"] == stamp["codes"] > 0
    line = (
        f"data {stamp['data_sha256'][:8]} · schema 0.1 · coded by two passes of a language model; "
        f"{stamp['codes']} of {stamp['codes']} codes checked by a human · data of {stamp['data_date']}"
    )
    for name in sorted(contents(built)):
        if name.endswith("csv-metadata.json"):
            assert json.loads((built / name).read_bytes())["dc:source"] == line, name
        elif name.endswith(".tex"):
            assert (built / name).read_text("utf-8").startswith(f"% {line}\n"), name
        elif name.endswith("svg"):
            text = (built / name).read_text("utf-8")
            words = re.findall(r"<text[^>]*>([^<]*)</text>", text)
            # Read across lines: a narrow figure may break it.
            assert "".join(line.split()) in "".join("".join(words).split()), name
            assert re.search(r"<title[^>]*>[^<]+</title>", text), name
        elif name.endswith("png"):
            with Image.open(built / name) as image:
                assert image.info["Title"], name
        elif name.endswith("pdf"):
            with pikepdf.open(built / name) as pdf:
                assert pdf.docinfo["/Title"], name
    assert "over 3 papers" not in described(built, "coverage")
    assert "Judge bias in Judges 2" in described(built, "coverage")
    assert "works coded by two 4" in described(built, "prisma")
    assert "For each of 3 codes" in described(built, "measurement")
    assert "over 4 papers coded twice" in described(built, "agreement")


def test_tables_name_the_papers_behind_their_counts(built: Path) -> None:
    cells = {(r["row"], r["column"]): r for r in written_table(built, "coverage")}
    assert cells["judge-bias", "llm-as-judge"]["papers"] == "p01;p03"
    assert len(cells) == 3 * 2
    for table in ("coverage", "expected"):
        assert all(
            int(r["n"]) == len([p for p in r["papers"].split(";") if p]) for r in written_table(built, table)
        )
    assert (cells["judge-bias", "llm-as-judge"]["n"], cells["judge-bias", "llm-as-judge"]["measured"]) == (
        "2",
        "0",
    )
    told = {(r["code"], r["reading"], r["estimate"]): r for r in written_table(built, "measurement")}
    mode = told["judge-bias", "all in", "model"]
    assert (mode["read_raised"], mode["read_measured"]) == ("2", "0")
    left = {r["reason"]: (r["codings"], r["papers"]) for r in written_table(built, "dropped")}
    assert left["unresolved"] == ("1", "1")
    assert left["no year"] == ("", "0")


def test_prisma_ends_with_what_the_coders_settled(filled: Path, built: Path) -> None:
    table = written_table(built, "prisma")
    n = {r["box"]: int(r["n"]) for r in table if not r["reason"]}
    counts = status(filled)
    assert (n["included"], n["coded_twice"], n["unsettled"], n["synthesis"]) == (5, 4, 1, 3)
    assert n["coded_twice"] == counts["coded_twice"]["total"]
    assert n["synthesis"] == counts["adjudicated"]["total"]
    assert n["included"] == counts["included"]["total"]


def test_papers_on_which_coders_were_trained_are_reported_apart(filled: Path) -> None:
    """The schema moves on; p06 is coded again under the new one and p07 for the first time."""
    coded.keep(filled, "p07")
    schema = filled / "coding_schema/schema.yaml"
    schema.write_text(schema.read_text("utf-8").replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    coded.listed(filled, *(f"p{n:02}" for n in range(1, 61)))
    for coder in coded.PASSES:
        both = [*coded.whole("p06"), *coded.whole("p07")]
        coded.put(filled, coder, *both, run="later")
        coded.signoff(filled, coder, [{"paper": p} for p in ("p06", "p07")], run=f"{coder}-later", batch="b")
    survey = open_survey(filled)
    headline, training = coded_first_under(survey.codings, survey.signoffs, "0.2")
    assert headline == ["p07"]
    assert training == ["p01", "p02", "p03", "p06"]
    tables = agreed(survey).tables
    assert tables["agreement"]["papers"].max() == 1
    left = left_out(survey).tables["dropped"].set_index("reason")
    assert left.loc["coded while the schema was being made", "papers"] == 4


def test_codes_that_the_schema_no_longer_has_are_left_out_and_counted(filled: Path) -> None:
    survey = open_survey(filled)
    survey.__dict__["codes"] = survey.codes[survey.codes["code"] != "training"]
    assert "training" in set(survey.final["code"])
    assert "training" not in set(in_schema(survey.final, survey.codes)["code"])
    left = left_out(survey).tables["dropped"].set_index("reason")
    assert left.loc["code not in the schema in force", "papers"] == 4


def stamp_of(survey: Survey) -> tuple[int, int, str]:
    stamp = data_stamp(survey, {})
    return stamp["human_verified"], stamp["codes"], stamp["data_date"]


def test_the_stamp_counts_what_humans_verified_and_dates_the_latest_decision(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stamp_of(open_survey(survey)) == (0, 0, "")
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02")
    for coder in coded.PASSES:
        coded.coded(survey, coder, *coded.whole("p01"), *coded.whole("p02"))
    assert stamp_of(open_survey(survey)) == (0, 2, "2026-11-24")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795900000")
    coded.verify(survey, "eva", [coded.word("p01")])
    assert stamp_of(open_survey(survey)) == (1, 2, "2026-11-28")


@pytest.mark.parametrize("what", ["nothing coded", "no record"])
def test_without_data_the_figures_say_so_in_words(survey: Path, tmp_path: Path, what: str) -> None:
    papers: Iterable[str] = () if what == "no record" else (f"p{n:02}" for n in range(1, 61))
    if what == "no record":
        with writing(survey):
            replace_all(survey, {RECORDS.path: rows_text(RECORDS, [])})
        (survey / ".cache/texts/abstracts.jsonl").unlink(missing_ok=True)
    coded.listed(survey, *papers)
    build(survey, tmp_path / "out")
    assert {n for stem in STEMS for n in drawn(stem)} <= set(contents(tmp_path / "out"))
    for stem in STEMS:
        if stem != "prisma":
            assert described(tmp_path / "out", stem).startswith("Nothing is drawn: "), stem
    for stem in ("cooccurrence", "agreement", "trends"):
        text = (tmp_path / f"out/figures/{stem}-single.svg").read_text("utf-8")
        assert "Nothing to draw" in text, stem
    assert "works with every code settled 0" in described(tmp_path / "out", "prisma")


def test_a_faulty_survey_is_refused_before_anything_is_written(filled: Path, tmp_path: Path) -> None:
    file = filled / "corpus/records.csv"
    file.write_text(file.read_text("utf-8").replace(",yes,no,", ",perhaps,no,", 1), "utf-8")
    for make in (build, figures):
        with pytest.raises(Refused):
            make(filled, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_figure_is_a_valid_specification(filled: Path) -> None:
    """Drawing does not hold a chart against the schema of Vega-Lite; this does."""
    survey = open_survey(filled)
    specifications = [
        f.draw("double").to_dict(validate=True) for a in QUESTIONS.values() for f in a(survey).figures
    ]
    assert len(specifications) >= len(STEMS)


def test_every_question_says_what_it_answers() -> None:
    assert all(answer.__doc__ for answer in QUESTIONS.values())


def test_a_csv_joins_papers_and_keeps_what_is_missing_empty() -> None:
    table = pd.DataFrame({"papers": [("a", "b"), ()], "rate": [1 / 3, float("nan")], "n": [1, 2]})
    assert csv_text(table) == "papers,rate,n\na;b,0.333333,1\n,,2\n"
    assert table["papers"][0] == ("a", "b")


@given(st.lists(st.integers(1, 9)), st.integers(0, 12))
def test_the_rarest_pairs_are_left_out_of_a_full_network_and_no_others(counts: list[int], most: int) -> None:
    least = fewest_shared(pd.Series(counts, dtype="int64"), most)
    assert sum(c >= least for c in counts) <= most
    assert least == 1 or sum(c >= least - 1 for c in counts) > most


def test_a_phase_of_the_flow_is_as_high_as_its_name_and_its_box_fills_it() -> None:
    boxes = [("identified", ""), ("records", "identified"), ("included", "records")]
    table = pd.DataFrame([{"box": b, "parent": p, "label": b, "n": 3, "reason": ""} for b, p in boxes])
    for width in ("single", "double"):
        drawn = charts.prisma_flow(table, width=width).to_dict()
        held = drawn["datasets"].values()
        bands = {r["phase"]: r for rows in held for r in rows if "phase" in r}
        included = next(r for rows in held for r in rows if str(r.get("what", "")).startswith("included"))
        assert bands["Included"]["y2"] - bands["Included"]["y"] >= 30
        assert included["y"] == bands["Included"]["y"]
        assert included["y2"] == pytest.approx(bands["Included"]["y2"], abs=1.0)


def test_what_a_file_manager_leaves_behind_is_no_data(survey: Path) -> None:
    before = data_digests(survey)
    (survey / "corpus/.DS_Store").write_bytes(b"\0")
    (survey / "corpus/.ipynb_checkpoints").mkdir()
    (survey / "corpus/.ipynb_checkpoints/a.csv").write_text("a\n", "utf-8")
    assert data_digests(survey) == before
    (survey / "corpus/notes.txt").write_text("new", "utf-8")
    assert data_digests(survey).keys() - before.keys() == {"corpus/notes.txt"}


@pytest.fixture
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machinery is tested and not the answers, one answer will do."""
    for name in [n for n in QUESTIONS if n != "flow of records"]:
        monkeypatch.delitem(QUESTIONS, name)


@pytest.mark.usefixtures("one_question")
def test_a_build_clears_what_an_earlier_one_left_and_figures_drop_the_manifest(
    filled: Path, tmp_path: Path
) -> None:
    built = tmp_path / "out"
    build(filled, built)
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    (built / "tables/gone.csv").write_text("old\n", "utf-8")
    (built / "tables/mine.csv").write_text("not ours\n", "utf-8")
    manifest["outputs"]["tables/gone.csv"] = ""
    (built / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    build(filled, built)
    assert not (built / "tables/gone.csv").exists()
    assert (built / "tables/mine.csv").exists()
    assert "tables/gone.csv" not in json.loads((built / "manifest.json").read_text("utf-8"))["outputs"]
    figures(filled, built)
    assert not (built / "manifest.json").exists()


def test_a_failing_notebook_leaves_nothing_written(filled: Path, tmp_path: Path) -> None:
    (filled / "notebooks").mkdir()
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": None, "outputs": []}
    book = {"cells": [{**cell, "source": ["1 / 0"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (filled / "notebooks/bad.ipynb").write_text(json.dumps(book), "utf-8")
    with pytest.raises(Refused, match="you have not said that you trust these"):
        build(filled, tmp_path / "none")
    trust(filled)
    with pytest.raises(Refused, match="ZeroDivisionError"):
        build(filled, tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("one_question")
def test_data_that_change_during_a_build_leave_an_incomplete_manifest(filled: Path, tmp_path: Path) -> None:
    (filled / "notebooks").mkdir()
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": None, "outputs": []}
    source = "open('../corpus/meanwhile.txt', 'w').write('new')"
    book = {"cells": [{**cell, "source": [source]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (filled / "notebooks/writes.ipynb").write_text(json.dumps(book), "utf-8")
    trust(filled)
    with pytest.raises(Refused, match="changed while the results were made"):
        build(filled, tmp_path / "mixed")
    assert json.loads((tmp_path / "mixed/manifest.json").read_text("utf-8"))["complete"] is False
