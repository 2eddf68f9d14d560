"""The reviewer's page: what is in it and what is not, that nothing in the data can act, that its bytes stay."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import mkdocs
import pytest
import vl_convert

from analysis.selection import counted
from tests.coded import fill, know, mode, put, sign, whole
from tests.test_cli import REPOSITORY
from workbench.answers.answer import in_schema
from workbench.answers.expected import crossed
from workbench.answers.stamp import data_digests, data_stamp
from workbench.publishing.building import build, site
from workbench.publishing.site import libraries as libraries_module
from workbench.publishing.site.data import site_data
from workbench.publishing.site.decisions import visible
from workbench.publishing.site.packing import table
from workbench.publishing.site.pages import POLICY, SCRIPTS, STYLE, script, write_site
from workbench.store.faults import Refused
from workbench.store.survey import Survey, open_survey
from workbench.store.texts import abstracts

ASSETS = REPOSITORY / "workbench/publishing/site/assets"


@pytest.fixture
def filled(survey: Path) -> Survey:
    fill(survey)
    return open_survey(survey)


def written(survey: Survey, out: Path) -> dict[str, str]:
    stamp = data_stamp(survey, data_digests(survey.root))
    return {p.relative_to(out).as_posix(): p.read_text("utf-8") for p in write_site(survey, out, stamp)}


def data_of(survey: Survey) -> dict[str, dict[str, object]]:
    return site_data(survey, data_stamp(survey, data_digests(survey.root)))


def unpacked(packed: dict) -> list[dict]:
    columns = {
        name: c["all"] if "all" in c else [None if n < 0 else c["of"][n] for n in c["at"]]
        for name, c in packed["columns"].items()
    }
    return [{name: column[n] for name, column in columns.items()} for n in range(packed["n"])]


def test_identical_data_give_identical_bytes(filled: Survey, tmp_path: Path) -> None:
    one, two = written(filled, tmp_path / "a"), written(open_survey(filled.root), tmp_path / "b")
    assert one == two


def test_the_page_forbids_everything_but_its_own_scripts_and_styles(filled: Survey, tmp_path: Path) -> None:
    page = written(filled, tmp_path)["index.html"]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.replace("&#x27;", "'") == POLICY
    assert POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    # The policy stands before anything that could load, and there is nothing inline.
    assert page.index("Content-Security-Policy") < page.index("<link")
    assert re.findall(r"<script(?! src=\"(?:assets|data)/[\w.-]+\"></script>)[^>]*>", page) == []
    assert "<style" not in page
    assert re.findall(r"\son\w+=|\sstyle=", page) == []
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_our_script_makes_nothing_from_markup_and_asks_nothing_of_a_network() -> None:
    """What could turn words into markup or code, or send something, is nowhere in the script."""
    banned = (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc"),
        *(
            "eval(",
            "new Function",
            "setTimeout('",
            'setTimeout("',
            "fetch(",
            "XMLHttpRequest",
            "sendBeacon",
            "WebSocket",
        ),
        *("import(", "http://", "style="),
    )
    for path in sorted(ASSETS.glob("*.js")):
        text = path.read_text("utf-8")
        assert [word for word in banned if word in text] == [], path.name
        assert text.startswith("// @ts-check"), path.name


def test_every_asset_is_loaded_and_every_script_is_there() -> None:
    assert sorted(p.name for p in ASSETS.iterdir()) == sorted([*SCRIPTS, STYLE])


def test_our_own_script_and_style_stay_small() -> None:
    assert sum(p.stat().st_size for p in ASSETS.glob("*.js")) < 216_000
    assert (ASSETS / STYLE).stat().st_size < 20_000


def test_libraries_come_whole_out_of_installed_packages_with_their_licences(
    filled: Survey, tmp_path: Path
) -> None:
    files = written(filled, tmp_path)
    carried = Path(mkdocs.__file__).parent / "contrib/search/templates/search/lunr.js"
    assert files["lib/lunr.js"] == carried.read_text("utf-8")
    bundle = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;")
    assert files["lib/vega.js"] == f"(()=>{{{bundle}}})();\n"
    said = files["LICENCES.txt"]
    for words in (
        "lunr 2.3.9 (lib/lunr.js), MIT. Copyright (C) 2020 Oliver Nightingale",
        f"vega {vl_convert.get_vega_version()}, BSD-3-Clause",
        f"vega-lite {vl_convert.get_vegalite_versions()[-1]}, BSD-3-Clause",
        f"vega-embed {vl_convert.get_vega_embed_version()}, BSD-3-Clause",
        "Copyright (c) 2015-2023, University of Washington Interactive Data Lab",
        "Redistribution and use in source and binary forms",
        "Mike Bostock",
        "CC BY 4.0",
    ):
        assert words in said
    of_lunr = said.split("MIT licence: lunr")[1].split("-" * 80)[1]
    assert "Copyright (C) 2020 Oliver Nightingale" in of_lunr
    assert "Permission is hereby granted, free of charge" in of_lunr
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in of_lunr


def test_no_library_lies_in_the_repository() -> None:
    """What is ours says so by its size; a bundle or a copied library would not."""
    ours = "".join(p.read_text("utf-8") for p in ASSETS.iterdir())
    assert "@license" not in ours
    assert max(len(line) for p in ASSETS.glob("*.js") for line in p.read_text("utf-8").splitlines()) < 500


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("mkdocs", "contrib/search/templates/search/lunr.js"),
        ("jupyterlab", "static/third-party-licenses.json"),
    ],
)
@pytest.mark.parametrize("gone", ["package", "file"])
def test_a_missing_library_is_named_with_the_remedy_and_nothing_is_written(
    filled: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, path: str, gone: str
) -> None:
    real = importlib.util.find_spec
    empty = SimpleNamespace(submodule_search_locations=[str(tmp_path / "nothing")])
    monkeypatch.setattr(
        "workbench.publishing.site.libraries.find_spec",
        lambda name: (None if gone == "package" else empty) if name == package else real(name),
    )
    for kept in (libraries_module._lunr, libraries_module._texts_of_bundled):
        kept.cache_clear()
    with pytest.raises(Refused) as refused:
        write_site(filled, tmp_path / "site", data_stamp(filled, data_digests(filled.root)))
    said = str(refused.value)
    assert f"{package}/{path}" in said
    assert "make build" in said
    assert not (tmp_path / "site").exists()


def test_a_data_script_cannot_be_left_by_its_data() -> None:
    said = {
        "a": "</script><script>alert(1)</script>",
        "b": "<!-- \u2028\u2029 & ]]>",
        "c": 'quote " back \\ slash',
    }
    text = script("x-y", said)
    assert not re.search(r"[<>&\u2028\u2029]", text)
    (value,) = re.findall(r'^\(window\.SURVEY=window\.SURVEY\|\|\{\}\)\["x-y"\]=(.*);\n$', text)
    assert json.loads(value) == said


def test_no_sentence_of_a_text_is_in_the_page(filled: Survey, tmp_path: Path) -> None:
    """Of every abstract in hand, no eight words in a row stand in any file (titles are facts, and apart)."""
    every = "\n".join(written(filled, tmp_path).values()).lower()
    texts = abstracts(filled.root)
    assert len(texts) > 50
    for text in texts.values():
        words = text.body.lower().split()
        runs = [" ".join(words[n : n + 8]) for n in range(len(words) - 7)]
        assert runs
        assert [run for run in runs if run in every] == []


def test_codings_that_nobody_signed_off_or_that_wait_for_a_second_coder_are_not_in_the_page(
    filled: Survey, tmp_path: Path
) -> None:
    root = filled.root
    know(root, "pass-c", "human")
    # p02 has two coders already; a third who has not signed off stays hidden.
    put(root, "pass-c", *[{**r, "note": "A third opinion, unsigned."} for r in whole("p02")])
    survey = open_survey(root)
    assert {at[0] for at in visible(survey) if at[1] == "p02"} == {"pass-a", "pass-b"}
    text = written(survey, tmp_path / "one")["data/codings.js"]
    assert "A third opinion" not in text
    assert '"closed":3' in text
    sign(root, "pass-c", "p02")
    assert "A third opinion" in written(open_survey(root), tmp_path / "two")["data/codings.js"]


def test_a_paper_with_one_signature_stays_closed(survey: Path, tmp_path: Path) -> None:
    fill(survey)
    from tests.coded import keep

    keep(survey, "p10")
    put(survey, "pass-a", *whole("p10")[:2], mode("p10", note="Seen by one coder only."))
    sign(survey, "pass-a", "p10")
    opened = open_survey(survey)
    assert "Seen by one coder only" not in "".join(written(opened, tmp_path).values())
    assert not {at for at in visible(opened) if at[1] == "p10"}


def test_the_page_says_where_every_record_ends(survey: Path) -> None:
    fill(survey)
    opened = open_survey(survey)
    page = data_of(opened)["screening"]
    works = [w["paper"] for w in opened.reached.to_dict("records")]
    ends = Counter(tuple(page["ends"][n]) for n in page["end"])
    assert sum(ends.values()) == len(works)
    columns = ["box", "reason", "full_text", "route"]
    assert ends == Counter(opened.reached[columns].itertuples(index=False, name=None))


def test_the_page_counts_from_the_rows_that_count(pilot: Path) -> None:
    survey = open_survey(pilot)
    final = in_schema(survey.final, survey.codes)
    core = data_of_pilot(pilot)["core"]
    rows = core["rows"]
    for grey, kept in (("exclude", (0,)), ("include", (0, 1)), ("only", (1,))):
        for number, basis in ((1, "abstract"), (2, "full-text")):
            mine = [n for n, b in enumerate(rows["basis"]) if b == number and rows["grey"][n] in kept]
            assert len(mine) == len(counted(final, grey=grey, basis=basis))


_made: dict[str, dict] = {}


def data_of_pilot(pilot: Path) -> dict[str, dict]:
    """Made once: two tests read it."""
    if not _made:
        _made.update(data_of(open_survey(pilot)))
    return _made


def test_what_was_computed_of_a_cell_is_what_the_analysis_says(pilot: Path) -> None:
    survey = open_survey(pilot)
    data = data_of_pilot(pilot)
    cells, about = crossed(survey)
    assert ("failure_mode", "failure_mode") in data["core"]["grids"]
    for rows, columns in data["core"]["grids"]:
        tables = data[f"gaps-{rows}--{columns}"]["tables"]
        assert list(tables) == ["mentions|exclude"]  # what is published, and no other selection
        grid = tables["mentions|exclude"]
        mine = cells[cells["grid"] == f"{rows} x {columns}"]
        down, across = (
            [c.id for f in survey.schema.facets if f.id == x for c in f.codes] for x in (rows, columns)
        )
        at = {(r["row"], r["column"]): r for r in mine.to_dict("records")}
        for n, (a, b) in enumerate((a, b) for a in down for b in across):
            cell = at.get((a, b)) or at.get((b, a))
            assert grid["classes"][grid["class"][n]] == (cell["class"] if cell else "by rule")
            assert grid["expected"][n] == (pytest.approx(cell["expected"], rel=6e-3) if cell else None)
        assert grid["draws"] == about["draws"].iloc[0]


def test_a_table_is_packed_without_loss() -> None:
    rows = {
        "a": ["x", "y", "x", "x", None],
        "b": [1.0, 2.5, None, float("nan"), 3.0],
        "c": [("k", "l"), (), (), (), ()],
    }
    packed = json.loads(json.dumps(table(rows)))
    assert unpacked(packed) == [
        {"a": "x", "b": 1, "c": ["k", "l"]},
        {"a": "y", "b": 2.5, "c": []},
        {"a": "x", "b": None, "c": []},
        {"a": "x", "b": None, "c": []},
        {"a": None, "b": 3, "c": []},
    ]


def test_an_empty_survey_has_a_page_too(survey: Path, tmp_path: Path) -> None:
    """Nothing screened, nothing coded: every data file is there and says so."""
    from tests.coded import listed

    listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    files = written(open_survey(survey), tmp_path)
    assert "data/core.js" in files
    assert '"rows":{"paper":[]' in files["data/core.js"]


def test_the_command_writes_the_page_and_the_build_has_it(
    survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(survey)
    # The other stages of the build have tests of their own.
    monkeypatch.setattr("workbench.publishing.building._tables_and_figures", lambda *given: [])
    names = site(survey, tmp_path / "build/site")
    assert "index.html" in names
    assert (tmp_path / "build/site/index.html").is_file()
    alone = {n: (tmp_path / "build/site" / n).read_bytes() for n in names}
    made = build(survey, tmp_path / "build")
    assert {f"site/{n}" for n in names} <= set(made)
    assert {n: (tmp_path / "build/site" / n).read_bytes() for n in names} == alone
    site(survey, tmp_path / "build/site")
    assert not (tmp_path / "build/manifest.json").exists()


def test_another_folders_manifest_is_left_alone(survey: Path, tmp_path: Path) -> None:
    fill(survey)
    (tmp_path / "manifest.json").write_text("{}")
    site(survey, tmp_path / "page")
    assert (tmp_path / "manifest.json").read_text() == "{}"
