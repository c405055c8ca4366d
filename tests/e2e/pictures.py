"""`python -m tests.e2e.pictures [--out docs/images] [--preset Default]`: the README's pictures, made anew.

Starts the studio with the demo project in a temporary folder, does what the README says, and takes pictures:
those of the README, and with `--all` every page in light and dark at 1440 and 800 pixels, to be looked at.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_MS = 900_000
SHOWN_FRAME = 300


def prepare(page: Page, preset: str) -> None:
    """From the opened demo project to a model and its predictions, by hand."""
    page.get_by_role("button", name="Use the demo labels").click()
    page.get_by_role("link", name="Train your first model").click()
    page.get_by_text(preset, exact=True).click()
    page.get_by_role("button", name="Train", exact=True).click()
    row = page.get_by_role("row", name=re.compile("model 1.*ready"))
    row.wait_for(timeout=LONG_MS)
    row.get_by_role("link", name="model 1").click()
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.get_by_role("button", name="Run", exact=True).click()
    page.goto(re.sub(r"models/.*", "results/", page.url))
    page.get_by_role("row", name=re.compile("600 of 600")).wait_for(timeout=LONG_MS)


def shoot(page: Page, url: str, file: Path) -> None:
    """One picture of a page that has come to rest."""
    page.goto(url)
    if "/studio/" in url:
        StudioPage(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)


def shoot_all(browser: Browser, base: str, state: Any, pages: dict[str, str], out: Path) -> None:
    """Every page in both themes and two widths."""
    for scheme in ("light", "dark"):
        for width in (1440, 800):
            context = browser.new_context(
                base_url=base,
                storage_state=state,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 900},
            )
            tab = context.new_page()
            for name, url in pages.items():
                shoot(tab, url, out / f"{name}-{scheme}-{width}.png")
            context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--preset", default="Default", help="As the training form calls it.")
    parser.add_argument(
        "--all", type=Path, help="A folder for every page in light and dark, wide and narrow."
    )
    asked = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("Pictures need Chromium (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        server = StudioServer(Path(place) / "data")
        server.start()
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
            context = browser.new_context(
                base_url=server.base_url, viewport={"width": 1440, "height": 900}, color_scheme="light"
            )
            page = context.new_page()
            page.goto(server.sign_in_link())
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            server.manage("demo")
            projects = StudioApi(context, server.base_url).call("GET", "/projects")
            project = next(p for p in projects if p["name"] == ONE_CAMERA)
            home = f"/projects/{project['slug']}/"
            page.goto(home)
            prepare(page, asked.preset)
            studio = f"{home}videos/1/studio/?frame={SHOWN_FRAME}&result=1"
            for name, url in (("home", home), ("model", f"{home}models/1/"), ("studio", studio)):
                shoot(page, url, asked.out / f"{name}.png")
            if asked.all:
                names = ("recordings", "label", "models", "models/1", "results", "jobs", "people")
                pages = {name.replace("/", "-"): f"{home}{name}/" for name in names}
                pages |= {"projects": "/", "new": "/projects/new/", "home": home, "studio": studio}
                pages |= {"password": "/sign-in/password/change/", "second-factor": "/sign-in/2fa/"}
                shoot_all(browser, server.base_url, context.storage_state(), pages, asked.all)
                strangers = {
                    "sign-in": "/sign-in/login/",
                    "spent-link": "/link/spent/",
                    "not-found": "/none/",
                }
                shoot_all(browser, server.base_url, None, strangers, asked.all)
            browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
