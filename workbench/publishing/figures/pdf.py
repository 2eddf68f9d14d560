"""PDF of a figure: the same bytes on every run, tagged, with title and alternative text inside."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pikepdf
import vl_convert
from pikepdf import Array, Dictionary, Name, String

from workbench.publishing.figures import font


class NoText(RuntimeError):
    """The drawing has text but the PDF has none: its font was not found."""


def from_svg(
    svg: str,
    *,
    title: str,
    description: str,
    keywords: str = "",
    language: str = "en",
    expect_text: bool = True,
) -> bytes:
    """Convert an SVG and return the bytes of the PDF; one unit of the SVG is one point.

    Args:
        svg: the drawing.
        title: title of the document, shown in the window's bar.
        description: alternative text of the figure.
        keywords: the line that names the data, kept among the document's properties.
        language: of title and description (BCP 47).
        expect_text: whether the drawing holds text.

    Raises:
        NoText: text was expected and no font came out. vl-convert drops text in a font it does not find
            without saying so.
    """
    font.register()
    with pikepdf.open(io.BytesIO(vl_convert.svg_to_pdf(svg))) as pdf:
        page = pdf.pages[0]
        if expect_text and not _fonts(page.obj):
            raise NoText("the figure lost its text on the way to PDF: its font was not found")
        _order_fonts(pdf, page.obj)
        _tag(pdf, page, title, description, language)
        _describe(pdf, title, description, keywords, language)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=True,
            linearize=False,
        )
    return out.getvalue()


def _resources(holder: Any) -> list[tuple[Any, Any]]:
    """Return (content stream holder, resources) of a page and of every form drawn on it, outermost first."""
    found, seen, queue = [], set(), [holder]
    while queue:
        one = queue.pop(0)
        resources = one.get(Name.Resources)
        if resources is None:
            continue
        found.append((one, resources))
        for _, form in sorted(dict(resources.get(Name.XObject, {})).items()):
            if form.get(Name.Subtype) == Name.Form and form.objgen not in seen:
                seen.add(form.objgen)
                queue.append(form)
    return found


def _fonts(page: Any) -> list[Any]:
    return [face for _, r in _resources(page) for face in dict(r.get(Name.Font, {})).values()]


def _order_fonts(pdf: pikepdf.Pdf, page: Any) -> None:
    """Name fonts by what they are: vl-convert numbers them in the order of a hash table, new at every call."""
    distinct = {_fingerprint(face) for face in _fonts(page)}
    if len(distinct) < 2:
        return
    names = {print_: Name(f"/F{k}") for k, print_ in enumerate(sorted(distinct))}
    for holder, resources in _resources(page):
        fonts = dict(resources.get(Name.Font, {}))
        if not fonts:
            continue
        new = {old: names[_fingerprint(face)] for old, face in fonts.items()}
        resources[Name.Font] = Dictionary({str(new[old]): face for old, face in fonts.items()})
        instructions = []
        for instruction in pikepdf.parse_content_stream(holder):
            operands = list(instruction.operands)
            if str(instruction.operator) == "Tf":
                operands[0] = new[str(operands[0])]
            instructions.append((operands, instruction.operator))
        content = pikepdf.unparse_content_stream(instructions)
        if holder.get(Name.Type) == Name.Page:
            holder[Name.Contents] = pdf.make_stream(content)
        else:
            holder.write(content)


def _fingerprint(face: Any) -> tuple[str, str]:
    """Return a key of a font that depends on its name and its mapping to text alone."""
    name = str(face.get(Name.BaseFont, "")).split("+")[-1]
    mapping = face.get(Name.ToUnicode)
    content = mapping.read_bytes() if mapping is not None else b""
    return name, hashlib.sha256(content).hexdigest()


def _tag(pdf: pikepdf.Pdf, page: Any, title: str, description: str, language: str) -> None:
    """Make the whole page one tagged Figure with an alternative text (ISO 32000-1, 14.7 and 14.8)."""
    content = page.Contents.read_bytes()
    page.Contents = pdf.make_stream(b"/Figure <</MCID 0>> BDC\n" + content + b"\nEMC\n")
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    document = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    figure = pdf.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.Figure,
            P=document,
            Pg=page.obj,
            K=0,
            T=String(title),
            Alt=String(description),
            Lang=String(language),
            A=Dictionary(O=Name.Layout, Placement=Name.Block, BBox=Array(list(page.mediabox))),
        )
    )
    document.K = Array([figure])
    root.K = Array([document])
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array([0, Array([figure])])))
    root.ParentTreeNextKey = 1
    page.obj[Name.StructParents] = 0
    page.obj[Name.Tabs] = Name.S
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String(language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def _describe(pdf: pikepdf.Pdf, title: str, description: str, keywords: str, language: str) -> None:
    # No dates: the data's date stands in the keywords, and a date of writing would change every run.
    for date in ("/CreationDate", "/ModDate"):
        if date in pdf.docinfo:
            del pdf.docinfo[date]
    pdf.docinfo["/Title"] = String(title)
    pdf.docinfo["/Subject"] = String(description)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
        meta["dc:title"] = title
        meta["dc:description"] = description
        meta["dc:language"] = {language}
        if keywords:
            meta["pdf:Keywords"] = keywords
    if keywords:
        pdf.docinfo["/Keywords"] = String(keywords)
