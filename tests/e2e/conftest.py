"""Fixtures of the browser tests; skipped with the reason where Chromium or the built pages are missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.e2e.studio_server import ROOT, StudioServer

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
# Composited without a GPU: a page without WebGL is drawn in 16 ms, where SwiftShader's OpenGL needs 55.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    reason = None
    if CHROMIUM is None:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
    elif not (ROOT / "frontend" / "dist" / "webpack-stats.json").exists():
        reason = "the pages are not built (make frontend/dist/webpack-stats.json)"
    for item in items:
        if here in Path(item.fspath).parents:
            item.add_marker(pytest.mark.e2e)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """One for all browsers: a second one in the same thread cannot be started."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def media_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the server may register recordings from."""
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, media_root: Path) -> Iterator[StudioServer]:
    roots = [media_root]
    shared = ROOT.parent / "shared" / "data"
    if shared.is_dir():
        roots.append(shared)
    server = StudioServer(tmp_path_factory.mktemp("studio"), media_roots=roots)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, studio: StudioServer) -> Iterator[BrowserContext]:
    """A browser context in which the administrator has used the one-time link."""
    context = browser.new_context(base_url=studio.base_url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(studio.sign_in_link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    tab = signed_in.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    yield tab
    tab.close()
    assert not problems, f"errors in the page: {problems}"
