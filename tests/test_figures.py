"""Figure files are written and read back: by pypdf, Pillow and an XML parser."""

import hashlib
import io
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pikepdf
import pypdf
import pytest
import vl_convert
from PIL import Image

from analysis import charts
from analysis.charts.theme import FAMILY, FONT
from workbench.answers.stamp import Stamp, stamp_line
from workbench.publishing.figure_files import write_figure
from workbench.publishing.figures import font, pdf, png, svg

TITLE = "Papers by mode & stream"
DESCRIPTION = 'A grid: "judge-bias" in 7 papers, α < 0.8; größte Zelle 7.'
STAMP = Stamp(
    data_sha256="1a2b3c4d5e6f" + "0" * 52,
    schema="1.0",
    coded_by="two passes of a language model",
    codes=272,
    human_verified=0,
    data_date="2026-11-24",
)
LINE = (
    "data 1a2b3c4d · schema 1.0 · coded by two passes of a language model; 0 of 272 codes checked by a human "
    "· data of 2026-11-24"
)
ROOT = Path(__file__).parents[1]


def heatmap() -> alt.LayerChart:
    cells = pd.DataFrame(
        {
            "row": ["judge-bias", "judge-bias", "attempt-budget-sensitivity", "attempt-budget-sensitivity"],
            "column": ["llm-as-judge", "reward-hacking"] * 2,
            "n": [7, 0, 1, 3],
        }
    )
    return charts.coverage_heatmap(cells, width="single")


def by_hand() -> alt.Chart:
    """Two weights and a gradient: what vl-convert alone does not write the same way twice."""
    table = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]})
    return (
        alt.Chart(table, title="Bold title")
        .mark_bar(opacity=0.5, clip=True)
        .encode(x="a:N", y="b:Q", color=alt.Color("b:Q", scale=alt.Scale(scheme="viridis")))
        .configure(font=FAMILY)
    )


def pairs() -> alt.LayerChart:
    """Rows placed by hand, no scale of Vega's."""
    rows = [(a, b, 9 - k, k / 3) for k, (a, b) in enumerate(list(combinations("abcdefg", 2))[:8])]
    table = pd.DataFrame(rows, columns=["source", "target", "count", "expected"])
    return charts.pairs_plot(table, width="single")


FIGURES = {"heatmap": heatmap, "by-hand": by_hand, "pairs": pairs}


def write_all(folder: Path, names: list[str]) -> None:
    for name in names:
        write_figure(FIGURES[name](), name, folder, title=TITLE, description=DESCRIPTION, stamp=STAMP)


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def elsewhere(folder: Path, names: list[str], **environment: str) -> dict[str, str]:
    """Write the figures in a process of its own."""
    code = f"from test_figures import write_all; from pathlib import Path; write_all(Path({str(folder)!r}), {names!r})"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            **environment,
        },
    )
    return digests(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    write_all(folder, ["heatmap", "by-hand", "pairs"])
    return folder


def only_fonts(settings: Path, folder: Path) -> str:
    """Write a fontconfig file by which a process sees the fonts of one folder and no other; return its path."""
    folder.mkdir(exist_ok=True)
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{folder}</dir></fontconfig>"
    )
    return str(settings)


def test_the_same_bytes_in_any_order_in_any_process_and_without_system_fonts(
    written: Path, tmp_path: Path
) -> None:
    first = digests(written)
    assert sorted(first) == [
        f"{n}.{f}" for n in ("by-hand", "heatmap", "pairs") for f in ("pdf", "png", "svg")
    ]
    write_all(tmp_path / "again", ["pairs", "by-hand", "heatmap"])
    assert digests(tmp_path / "again") == first
    other = elsewhere(
        tmp_path / "other",
        ["by-hand", "pairs", "heatmap"],
        FONTCONFIG_FILE=only_fonts(tmp_path / "none.conf", tmp_path / "no-fonts"),
        PYTHONHASHSEED="7",
    )
    assert other == first


def test_a_font_of_the_system_takes_no_place_of_the_figures_own(written: Path, tmp_path: Path) -> None:
    """Debian's fonts-liberation is such a font: of the names that the figures fall back to, with other outlines."""
    rivals = tmp_path / "rivals"
    rivals.mkdir()
    _regular, bold = font.carried()
    for name in ("Liberation Sans", "Arial", "Helvetica"):
        # The other face stands in, so that a figure that took it would look and be different.
        (rivals / f"{name}.ttf").write_bytes(font.renamed(bold, name))
    seen = elsewhere(
        tmp_path / "beside-rivals",
        ["heatmap", "by-hand"],
        FONTCONFIG_FILE=only_fonts(tmp_path / "rivals.conf", rivals),
    )
    assert seen == {name: digest for name, digest in digests(written).items() if name in seen}
    assert len(seen) == 6


def test_another_kernel_of_the_algebra_moves_no_digit(written: Path, tmp_path: Path) -> None:
    # The plainest kernel, which every processor that OpenBLAS chooses kernels for can run.
    there = elsewhere(tmp_path / "plain", ["pairs"], OPENBLAS_CORETYPE="Prescott")
    assert there == {name: digest for name, digest in digests(written).items() if name in there}


def test_the_font_is_renamed_and_otherwise_as_it_was() -> None:
    for face in font.carried():
        made = font.renamed(face, "Wide Sans")
        before, after = font._tables(face), font._tables(made)
        assert list(before) == list(after)
        for tag in set(before) - {b"name", b"head"}:
            at, to = before[tag], after[tag]
            assert face[at[0] : sum(at)] == made[to[0] : sum(to)]
        assert font._checksum(made) == 0xB1B0AFBA  # what the sum over a font must be (table head)
        at, length = after[b"name"]
        texts = dict(font._names(made[at : at + length]))
        assert texts[(3, 1, 0x409, 1)].decode("utf-16-be") == "Wide Sans"
        assert texts[(3, 1, 0x409, 6)].decode("utf-16-be").startswith("WideSans")
        assert all("Liberation".encode("utf-16-be") not in t for k, t in texts.items() if k[3] in (1, 4, 6))


def test_the_font_s_name_comes_first_and_is_nobody_else_s() -> None:
    assert FONT.split(", ")[0] == FAMILY
    assert FAMILY not in ("Liberation Sans", "Arial", "Helvetica")


def test_two_fonts_come_out_in_one_order(written: Path) -> None:
    drawn = svg.finish(svg.draw(by_hand()), name="by-hand", title=TITLE, description=DESCRIPTION)
    made = {pdf.from_svg(drawn, title=TITLE, description=DESCRIPTION) for _ in range(8)}
    assert len(made) == 1
    with pikepdf.open(written / "by-hand.pdf") as document:
        assert sorted(dict(document.pages[0].Resources.Font)) == ["/F0", "/F1"]


def test_the_session_s_theme_does_not_change_a_figure(written: Path, tmp_path: Path) -> None:
    with alt.theme.enable("dark"):
        write_all(tmp_path, ["heatmap"])
    assert digests(tmp_path)["heatmap.svg"] == digests(written)["heatmap.svg"]


def read(page: pypdf.PageObject) -> str:
    """Return the words of a page across its lines: a narrow figure breaks the line that names its data."""
    return " ".join(page.extract_text().split())


def test_pdf_has_text_title_and_alternative_text(written: Path) -> None:
    reader = pypdf.PdfReader(written / "heatmap.pdf")
    page = reader.pages[0]
    text = read(page)
    for part in ("Papers by code and group", "attempt-budget-sensitivity", "judge-bias", LINE):
        assert part in text
    assert float(page.mediabox.width) == 241
    assert reader.metadata is not None
    assert reader.metadata.title == TITLE
    assert reader.metadata.subject == DESCRIPTION
    assert reader.metadata["/Keywords"] == LINE
    assert reader.metadata.creation_date is None
    assert reader.xmp_metadata is not None
    assert reader.xmp_metadata.dc_title["x-default"] == TITLE
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own boolean
    assert catalog["/Lang"] == "en"
    document = catalog["/StructTreeRoot"]["/K"][0].get_object()
    figure = document["/K"][0].get_object()
    assert (document["/S"], figure["/S"]) == ("/Document", "/Figure")
    assert figure["/Alt"] == DESCRIPTION
    assert figure["/Lang"] == "en"
    assert figure["/Pg"].get_object() == page
    content = page.get_contents()
    assert content is not None
    data = content.get_data()
    assert data.startswith(b"/Figure <</MCID 0>> BDC") and data.rstrip().endswith(b"EMC")
    parents = catalog["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert parents[1][0].get_object() == figure and page["/StructParents"] == parents[0] == 0


def test_pdf_of_a_sheet_has_one_font_and_opens_without_complaint(written: Path) -> None:
    with pikepdf.open(written / "heatmap.pdf") as document:
        assert document.check_pdf_syntax() == []
        fonts = document.pages[0].Resources.Font
        assert [str(font.BaseFont).split("+")[1] for font in dict(fonts).values()] == ["FigureSans"]
    with pikepdf.open(written / "by-hand.pdf") as document:
        assert document.check_pdf_syntax() == []
    text = read(pypdf.PdfReader(written / "by-hand.pdf").pages[0])
    assert "Bold title" in text and LINE in text


def test_svg_says_what_it_shows_and_its_ids_are_its_own(written: Path) -> None:
    texts = {name: (written / f"{name}.svg").read_text("utf-8") for name in FIGURES}
    for name, text in texts.items():
        root = ElementTree.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        assert root.get("role") == "img"
        assert root.get("aria-label") == TITLE
        title, description = list(root)[:2]
        assert (title.tag, title.text) == (f"{space}title", TITLE)
        assert (description.tag, description.text) == (f"{space}desc", DESCRIPTION)
        assert root.get("aria-describedby") == description.get("id")
        assert re.fullmatch(r"[0-9.]+pt", root.get("width", ""))
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert all(str(i).startswith(f"{name}-") for i in ids)
        used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
        assert used <= set(ids)
    assert "url(#by-hand-" in texts["by-hand"]
    assert ElementTree.fromstring(texts["heatmap"]).get("width") == "241pt"


def test_png_is_for_print_and_says_what_it_shows(written: Path) -> None:
    with Image.open(written / "heatmap.png") as image:
        image.load()
        assert image.size[0] == round(241 / 72 * 300)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert (image.text["Title"], image.text["Description"]) == (TITLE, DESCRIPTION)  # type: ignore[attr-defined]
        assert image.text["Source"] == LINE  # type: ignore[attr-defined]
        assert image.text["Description"].lang == "en"  # type: ignore[attr-defined]
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255)
        assert image.convert("RGB").getpixel((image.size[0] - 1, 0)) == (255, 255, 255)
    assert b"iTXtTitle\x00" in (written / "heatmap.png").read_bytes()


def test_a_png_shows_every_pixel_as_drawn() -> None:
    boxes = "".join(f'<rect x="{n}" width="1" height="2" fill="rgb({n},{n},0)"/>' for n in range(256))
    white = '<rect width="256" height="2" fill="white"/>'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="256" height="2">{white}{boxes}</svg>'
    made = png.from_svg(drawn, title=TITLE, description=DESCRIPTION)
    raw = vl_convert.svg_to_png(drawn, scale=png.DPI / 72, ppi=72)
    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(raw)) as as_drawn:
        image.verify()
        assert image.size == as_drawn.size
    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(raw)) as as_drawn:
        assert image.convert("RGB").tobytes() == as_drawn.convert("RGB").tobytes()
        assert len(image.convert("RGB").getcolors(1 << 24) or []) >= 256


def test_what_is_transparent_becomes_white() -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="4" height="9" fill="red"/></svg>'
    with Image.open(io.BytesIO(png.from_svg(drawn, title=TITLE, description=DESCRIPTION))) as image:
        shown = image.convert("RGBA")
        assert shown.getpixel((0, 5)) == (255, 0, 0, 255)
        assert shown.getpixel((shown.width - 1, 5)) == (255, 255, 255, 255)


def test_a_font_that_is_missing_is_noticed() -> None:
    lost = alt.Chart(pd.DataFrame({"a": ["x"]})).mark_text(font="No Such Font").encode(text="a:N")
    drawn = svg.finish(svg.draw(lost), name="lost", title=TITLE, description=DESCRIPTION)
    assert svg.has_text(drawn)
    with pytest.raises(pdf.NoText, match="font was not found"):
        pdf.from_svg(drawn, title=TITLE, description=DESCRIPTION, expect_text=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "  "}, "figure heatmap has no title"),
        ({"description": ""}, "figure heatmap has no description"),
        ({"stem": "../up"}, "no plain file name"),
        ({"formats": ["svg", "gif"]}, "format 'gif' is not one of svg, pdf, png"),
    ],
)
def test_what_is_refused_leaves_no_file(tmp_path: Path, change: dict[str, object], message: str) -> None:
    arguments = {"stem": "heatmap", "title": TITLE, "description": DESCRIPTION, "stamp": STAMP, **change}
    stem = arguments.pop("stem")
    with pytest.raises(ValueError, match=message):
        write_figure(heatmap(), stem, tmp_path, **arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_or_left_alone(tmp_path: Path) -> None:
    (tmp_path / "heatmap.svg").mkdir()
    with pytest.raises(OSError):
        write_figure(
            heatmap(), "heatmap", tmp_path, title=TITLE, description=DESCRIPTION, stamp=STAMP, formats=["svg"]
        )
    assert [p.name for p in tmp_path.iterdir()] == ["heatmap.svg"]
    assert list((tmp_path / "heatmap.svg").iterdir()) == []


def test_only_the_formats_asked_for_are_written(tmp_path: Path) -> None:
    paths = write_figure(
        heatmap(),
        "a.b_c",
        tmp_path / "new",
        title=TITLE,
        description=DESCRIPTION,
        stamp=STAMP,
        formats=["svg"],
    )
    assert paths == [tmp_path / "new" / "a.b_c.svg"]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.b_c.svg"]


@pytest.mark.parametrize(
    ("who", "checked", "codes", "said"),
    [
        ("", 0, 0, "schema 1.1 · nothing coded yet · data of no date"),
        ("two people", 0, 0, "coded by two people · data"),
        ("two people", 1, 1800, "coded by two people; 1 of 1,800 codes checked by a human"),
        ("two people", 1799, 1800, "1,799 of 1,800 codes checked"),
        ("two people", 3, 3, "3 of 3 codes checked"),
    ],
)
def test_the_stamp_counts_and_never_rounds(who: str, checked: int, codes: int, said: str) -> None:
    about = Stamp(
        data_sha256="ab" * 32, schema="1.1", coded_by=who, codes=codes, human_verified=checked, data_date=""
    )
    assert said in stamp_line(about)


def test_a_stamp_of_more_checked_than_there_are_is_refused() -> None:
    about = Stamp(data_sha256="ab", schema="1", coded_by="", codes=2, human_verified=3, data_date="")
    with pytest.raises(ValueError, match=r"human_verified=3 is not between 0 and codes=2"):
        stamp_line(about)


MISSING = pd.DataFrame(
    {
        "whole": [1, 2],
        "real": [0.5, float("nan")],
        "endless": [float("inf"), 1.0],
        "nullable": pd.array([1, None], dtype="Int64"),
        "nullable real": pd.array([1.5, None], dtype="Float64"),
        "yes": [True, False],
        "text": pd.Series(["a", None], dtype="str"),
        "mixed": pd.Series(["a", 1], dtype="object"),
        3: ["a name", "that is a number"],
    }
)


@pytest.mark.parametrize(
    "table",
    [
        *(MISSING[[name]] for name in MISSING),
        MISSING.drop(columns=[3]),
        MISSING[:0],
        pd.DataFrame({"when": pd.to_datetime(["2026-11-25"])}),
        pd.DataFrame({"papers": [("a", "b")]}),
        pd.DataFrame({"kind": pd.Categorical(["a"])}),
        {"values": [{"a": 1}]},
    ],
)
def test_rows_reach_the_drawing_as_altair_would_hand_them_over(table: object) -> None:
    def handed(transform: Any) -> object:
        try:
            return transform(table)
        except (ValueError, TypeError, AttributeError) as error:
            return type(error)

    assert handed(svg._records) == handed(alt.default_data_transformer)
