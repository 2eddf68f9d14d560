"""A real JupyterLab over a survey folder, driven in headless Chromium with no network.

A start takes half a minute: a module starts it once, see the fixture ``browser`` and ``jupyterlab``.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

DEBIAN = "/usr/bin/chromium"
TOKEN = "t"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        quiet = [
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        path = DEBIAN if Path(DEBIAN).exists() else None
        started = playwright.chromium.launch(executable_path=path, args=quiet)
        yield started
        started.close()


@contextmanager
def jupyterlab(root: Path, **environment: str) -> Iterator[str]:
    """Start JupyterLab over a folder, with settings of its own; gives its address.

    ``environment`` is what kernels find beside the usual, ``SOURCE_DATE_EPOCH`` for one.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = root / "home"
    home.mkdir(exist_ok=True)
    own = {
        n: str(home / n.lower())
        for n in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    # Lab asks whether it may fetch news, in a box that lies over the notebook and takes clicks.
    quiet = Path(own["JUPYTER_CONFIG_DIR"]) / "lab/user-settings/@jupyterlab/apputils-extension"
    quiet.mkdir(parents=True, exist_ok=True)
    settings = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(settings), "utf-8")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--allow-root",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
    ]
    log = (root / "lab.log").open("w")
    server = subprocess.Popen(
        command,
        cwd=root,
        env={**os.environ, "HOME": str(home), **own, **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert server.poll() is None, (root / "lab.log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        else:
            raise AssertionError((root / "lab.log").read_text())
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


class Heard:
    """Everything that a page received: what its web sockets brought, and what it asked for outside this machine."""

    def __init__(self, page: Page, address: str) -> None:
        self.frames: list[str] = []
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("websocket", lambda s: s.on("framereceived", self._frame))
        page.on("pageerror", lambda e: self.errors.append(str(e)))

        def only_here(route: Route) -> None:
            if route.request.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
                route.continue_()
            else:
                self.outside.append(route.request.url)
                route.abort()

        page.route("**/*", only_here)

    def _frame(self, payload: bytes | str) -> None:
        self.frames.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload)

    def text(self, page: Page) -> str:
        """Return all that came by socket, and the page as it stands."""
        return "\n".join([*self.frames, page.content()])


def notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    made = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{n}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": [source],
            }
            for n, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(made), "utf-8")


def open_notebook(
    browser: Browser, address: str, path: str, height: int = 4000, patience: float = 120
) -> tuple[Page, Heard]:
    """Open a notebook, and wait until its kernel answers; ``path`` is relative to the folder of the server.

    Lab draws only what is in sight: give the page a height in which all cells stand.

    Raises:
        AssertionError: no kernel has answered after ``patience`` seconds; it says what Lab asks instead, for a
            notebook that names no kernel the question which one to take.
    """
    page = browser.new_page(viewport={"width": 1400, "height": height})
    heard = Heard(page, address)
    page.goto(f"{address}/lab/tree/{path}?token={TOKEN}&reset", timeout=120_000)
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext", timeout=120_000
    )
    # The idle badge shows before the kernel answers, and a Run All at that moment is lost: ask the kernel itself.
    stopped = page.evaluate(
        """async (patience) => {
            const context = window.jupyterapp.shell.currentWidget.context;
            const asked = async () => {
                await context.ready;
                await context.sessionContext.ready;
                await context.sessionContext.session.kernel.info;
                return "";
            };
            const late = new Promise((resolve) => setTimeout(() => {
                const dialog = document.querySelector(".jp-Dialog");
                resolve(dialog ? `Lab asks: ${dialog.innerText}` : "no question of Lab's is on the page");
            }, patience * 1000));
            return await Promise.race([asked(), late]);
        }""",
        patience,
    )
    if stopped:
        page.close()
    assert not stopped, (
        f"{path}: no kernel answered within {patience:g} s ({stopped}). "
        "Does the notebook's metadata name a kernel (kernelspec)?"
    )
    return page, heard


#: A page without Jupyter: the widget's own code, and its Python side in this process.
BARE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bare</title><style>{style}</style></head>
<body><main id="here"></main>
<script type="module">
{module}
const heard = [];
widget.render({{ el: document.getElementById("here"), model: {{ on: (_, f) => heard.push(f), off() {{}},
  send: (m) => window.python(JSON.stringify(m)).then((a) => heard.forEach((f) => f(JSON.parse(a)))) }} }});
</script></body></html>"""


def bare(browser: Browser, widget: Any, names: str = "") -> Page:
    """Show a widget in a page without Jupyter; ``page.sent`` are its messages, ``names`` functions of the page."""
    page = browser.new_page(viewport={"width": 1400, "height": 1400})
    sent: list[dict[str, Any]] = []

    def python(message: str) -> str:
        sent.append(json.loads(message))
        return json.dumps(widget.act(sent[-1]))

    page.sent = sent  # type: ignore[attr-defined]
    page.expose_function("python", python)
    shown = "".join(f"window.{name} = {name};" for name in names.split())
    before, _, after = str(widget._esm).rpartition("export default ")
    module = f"{before}{shown}\nconst widget = {after}"
    page.set_content(BARE.format(module=module, style=widget._css))
    page.locator(".sv-body > *").first.wait_for(timeout=30_000)
    return page


def run_all(page: Page) -> None:
    """Run every cell; not awaited: wait for what the last one shows."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


def theme(page: Page, name: str) -> None:
    """Switch to a theme, ``JupyterLab Light`` or ``JupyterLab Dark``."""
    page.evaluate("n => { window.jupyterapp.commands.execute('apputils:change-theme', {theme: n}); }", name)
    light = "false" if "Dark" in name else "true"
    page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached", timeout=30_000)
    page.wait_for_function(
        "dark => getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim() !== ''"
        " && (getComputedStyle(document.querySelector('.sv') || document.body).colorScheme.includes('dark') === dark)",
        arg="Dark" in name,
        timeout=30_000,
    )


def accessibility_faults(page: Page, selector: str) -> list[str]:
    """Return what axe-core calls serious or critical inside a part of the page."""
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, Any] = Axe().run(page, context=selector).response
    return [
        f"{v['id']}: {n['target']} {n.get('failureSummary', '')}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
        for n in v["nodes"]
    ]


def click(page: Page, selector: str) -> None:
    """Click as a hand does, where the target was seen before the press."""
    target = page.locator(selector).first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(100)
    page.mouse.up()


def saving_widgets(root: Path) -> None:
    """Let the JupyterLab of a folder save widgets with the notebook; of itself it does not."""
    kept = root / "home/jupyter_config_dir/lab/user-settings/@jupyter-widgets/jupyterlab-manager"
    kept.mkdir(parents=True)
    (kept / "plugin.jupyterlab-settings").write_text('{"saveState": true}', "utf-8")
