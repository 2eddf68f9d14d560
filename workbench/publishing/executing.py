"""The notebooks as pages: executed from top to bottom, each one HTML file that opens with no network."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.store.faults import Fault, Refused
from workbench.store.files import replace

#: Kernels at work at once; each takes some hundred megabytes.
AT_ONCE = 2
#: Words are read from the left; wide tables scroll instead of being cut.
_LOOK = """<style>
.jp-RenderedHTMLCommon table.dataframe td, .jp-RenderedHTMLCommon table.dataframe th { text-align: left; }
.jp-OutputArea-output { overflow-x: auto; }
.jp-RenderedSVG svg { max-width: 100%; height: auto; }
</style>
"""
#: Seconds that one cell may take.
PATIENCE = 300


def execute(root: Path, told: Callable[[str], None] = lambda what: None) -> dict[str, str]:
    """Execute every notebook of a survey and make each a self-contained HTML page.

    Args:
        root: the survey folder; its ``notebooks/*.ipynb`` are executed in a fresh kernel each, working folder
            ``notebooks``. The notebooks themselves are not changed.
        told: is told what is under way.

    Returns:
        The text of each page by its name, ``NAME.html`` a notebook; the same notebooks over the same data give the
        same text. Empty where the survey has no notebooks.

    Raises:
        Refused: a cell failed, or a notebook cannot be read; notebook, cell and error are named.
    """
    import nbformat

    paths = sorted((root / "notebooks").glob("*.ipynb"))
    faults: list[Fault] = []
    books: dict[Path, Any] = {}
    for path in paths:
        try:
            books[path] = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        except Exception as error:  # nbformat raises what its parsers raise
            faults.append(
                Fault(f"notebooks/{path.name}", 0, "", f"cannot be read ({error})", "restore it from git")
            )
    if not faults:
        # In a thread of its own: whoever calls, a notebook for one, may have a loop running already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _execute_all(books, faults, told)).result()
    if faults:
        raise Refused(faults)
    return {f"{path.stem}.html": _page(book, path.stem) for path, book in books.items()}


def write_pages(pages: Mapping[str, str], out: Path) -> list[Path]:
    """Write executed notebooks into a folder; return the files."""
    for name, text in pages.items():
        replace(out / name, text)
    return [out / name for name in pages]


async def _execute_all(books: dict[Path, Any], faults: list[Fault], told: Callable[[str], None]) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(path: Path, book: Any) -> None:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        async with turn:
            told(path.stem)
            client = NotebookClient(
                book,
                timeout=PATIENCE,
                kernel_name="python3",
                resources={"metadata": {"path": str(path.parent)}},
                record_timing=False,
                store_widget_state=False,  # a page cannot act; what a widget holds is not for it
                extra_arguments=["--log-level=ERROR"],
            )
            number = 0

            def began(cell: Any, cell_index: int) -> None:
                nonlocal number
                number = cell_index + 1

            client.on_cell_start = began
            try:
                await client.async_execute()
            except CellExecutionError as error:
                message = f"cell {number} failed: {error.ename}: {error.evalue}"
                faults.append(
                    Fault(f"notebooks/{path.name}", 0, "", message, "run it in JupyterLab to see why")
                )
            except (CellTimeoutError, DeadKernelError) as error:
                message = f"cell {number} did not finish: {str(error).strip().splitlines()[0]}"
                faults.append(
                    Fault(f"notebooks/{path.name}", 0, "", message, "run it in JupyterLab to see why")
                )

    await asyncio.gather(*(one(path, book) for path, book in books.items()))


def _page(book: Any, name: str) -> str:
    """Return an executed notebook as HTML that loads nothing."""
    from nbconvert import HTMLExporter

    # What a run leaves beside the outputs (counts apart) says nothing of the survey and differs between machines.
    book.metadata.pop("language_info", None)
    for output in (o for cell in book.cells for o in cell.get("outputs", ())):
        # A widget needs JupyterLab: the page shows the words that stand for it.
        output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        require_js_url="", mathjax_url="", mermaid_js_url="", jquery_url="", embed_images=True, theme="light"
    )
    page, _ = exporter.from_notebook_node(book, resources={"metadata": {"name": name}})
    # The exporter writes its loaders even without an address; none of them may call out.
    page = re.sub(r"<script[^>]*\bsrc=[^>]*>\s*</script>", "", page)
    page = re.sub(r"<script type=\"module\">.*?</script>", "", page, flags=re.DOTALL)
    page = re.sub(r"<script type=\"text/x-mathjax-config\">.*?</script>", "", page, flags=re.DOTALL)
    # A drawing is part of the page, not a picture in it: its words can be found, selected and read aloud.
    page = re.sub(r'<img[^>]*src="data:image/svg\+xml;base64,([^"]+)"[^>]*>', _drawing, page)
    page = page.replace("</head>", _LOOK + "</head>", 1)
    return page.rstrip() + "\n"


def _drawing(image: re.Match[str]) -> str:
    return base64.b64decode(image[1]).decode("utf-8")
