"""A server over the shipped record and a browser, for tests of what only a browser shows.

Debian's Chromium is driven by Playwright; where either is absent the tests say that they are
skipped. A page fails its test if it logs an error, asks another host for anything, or breaks the
Content-Security-Policy. Screenshots lie under ``build/screenshots`` and are not committed.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from mandates.web import Settings, create_app

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed; it comes with the test extra"
)
Browser, Page = playwright.Browser, playwright.Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def site(data_dir: Path) -> Iterator[str]:
    """Address of a server over the shipped record."""
    app = create_app(Settings(data_dir=data_dir, reload_seconds=0))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["engine"].close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        # The sandbox needs rights that a container seldom gives; only our own pages are opened.
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Open a path of the server; keyword arguments are those of a browser context."""
    contexts, faults = [], []

    def open_it(
        path: str, *, status: int = 200, expected: int | str = 0, **options: object
    ) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        # A long query takes the editor seconds, and many times that on a busy machine.
        context.set_default_timeout(120_000)
        contexts.append(context)
        page = context.new_page()

        def heard(message: object) -> None:
            text = f"{message.type}: {message.text}"  # type: ignore[attr-defined]
            known = any(
                (n >= 400 and f"status of {n}" in text) if isinstance(n, int) else n in text
                for n in (status, expected)
            )
            if message.type in ("error", "warning") and not known:  # type: ignore[attr-defined]
                faults.append(f"{path}: {text}")

        def asked(request: object) -> None:
            url = request.url  # type: ignore[attr-defined]
            if not url.startswith((site, "data:", "blob:")):
                faults.append(f"{path}: asks {url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(f"{path}: {error}"))
        page.on("request", asked)
        response = page.goto(site + path)
        assert response is not None
        assert response.status == status
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert faults == []
