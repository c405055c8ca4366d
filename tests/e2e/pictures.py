"""`python -m tests.e2e.pictures [--out docs/images] [--preset Default] [--of rig]`: the README's pictures.

Starts the studio with the demo projects in a temporary folder, does what the README says, and takes pictures:
those of the README, and with `--all` every page in light and dark at 1440 and 800 pixels, to be looked at.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA, TWO_MICE

# On a machine that has other work; nothing is measured by it.
LONG_MS = 3_600_000
WIDE: Any = {"width": 1440, "height": 900}
SHOWN_FRAME = 300
# The mice side by side, from where their joints are told apart.
SHOWN_TICK, SHOWN_FROM = 70, "o_40_20_50_-40_30_760"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Addresses by the name of their picture: those of the README, and further ones of the same project."""

    readme: dict[str, str]
    further: dict[str, str]


def train(page: Page, preset: str) -> None:
    """From an opened demo project to a model of the labels that come with it, by hand."""
    page.get_by_role("button", name="Use the demo labels").click(timeout=LONG_MS)
    page.get_by_role("link", name="Train your first model").click()
    page.get_by_text(preset, exact=True).click()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("row", name=re.compile("model 1.*ready")).wait_for(timeout=LONG_MS)


def one_camera(page: Page, home: str, project: dict[str, Any], api: StudioApi) -> Story:
    """Predictions of a trained model over one video."""
    page.get_by_role("row", name=re.compile("model 1.*ready")).get_by_role("link", name="model 1").click()
    model = page.url
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.get_by_role("button", name="Run", exact=True).click()
    page.goto(f"{home}results/")
    page.get_by_role("row", name=re.compile("600 of 600")).wait_for(timeout=LONG_MS)
    [made] = api.call("GET", f"/projects/{project['id']}/results")
    studio = f"{home}videos/{made['video_id']}/studio/?frame={SHOWN_FRAME}&result={made['id']}"
    names = ("recordings", "label", "models", "results", "jobs", "people")
    return Story(
        readme={"home": home, "model": model, "studio": studio},
        further={name: f"{home}{name}/" for name in names}
        | {"models-1": model, "projects": "/", "new": "/projects/new/", "home": home, "studio": studio}
        | {"password": "/sign-in/password/change/", "second-factor": "/sign-in/2fa/"},
    )


def rig(page: Page, home: str, project: dict[str, Any], api: StudioApi) -> Story:
    """Several views, predicted with a trained model and put together in 3D."""
    page.goto(f"{home}results/")
    page.get_by_role("button", name="Predict all views").click()
    page.get_by_text("4 of 4 views predicted").wait_for(timeout=LONG_MS)
    page.get_by_role("button", name="Reconstruct").click()
    page.get_by_text("240 of 240 ticks").wait_for(timeout=LONG_MS)
    [made] = api.call("GET", f"/projects/{project['id']}/reconstructions")
    scene = f"{home}reconstructions/{made['id']}/?tick={SHOWN_TICK}"
    studio = f"{home}videos/{made['inputs'][0]['video_id']}/studio/?tick={SHOWN_TICK}"
    names = ("recordings", "models/1", "results", "jobs")
    return Story(
        readme={"scene": f"{scene}&from={SHOWN_FROM}"},
        further={"rig": home, "rig-studio": studio, "rig-scene": scene}
        | {f"rig-{name.split('/')[0]}": f"{home}{name}/" for name in names},
    )


Tell = Callable[[Page, str, dict[str, Any], StudioApi], Story]
STORIES: dict[str, tuple[str, Tell]] = {"one-camera": (ONE_CAMERA, one_camera), "rig": (TWO_MICE, rig)}
STRANGERS = {"sign-in": "/sign-in/login/", "spent-link": "/link/spent/", "not-found": "/none/"}


def shoot(page: Page, url: str, file: Path) -> None:
    """One picture of a page that has come to rest."""
    page.goto(url)
    if "/studio/" in url:
        StudioPage(page)
    if "/reconstructions/" in url:
        page.locator("[data-testid=scene][data-shown-tick]").wait_for()
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
    parser.add_argument("--of", choices=STORIES, help="One of the demo projects; without it, both.")
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
            # The one waits for a training without drawing on the processor that trains; the other has WebGL.
            hands = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
            eyes = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=WEBGL_FLAGS)
            page = hands.new_context(base_url=server.base_url, viewport=WIDE).new_page()
            page.goto(server.sign_in_link())
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            server.manage("demo")
            for name, tell in STORIES.values() if asked.of is None else [STORIES[asked.of]]:
                story = told(page, server, name, asked.preset, tell)
                signed_in: Any = page.context.storage_state()
                light = eyes.new_context(base_url=server.base_url, storage_state=signed_in, viewport=WIDE)
                for picture, url in story.readme.items():
                    shoot(light.new_page(), url, asked.out / f"{picture}.png")
                light.close()
                if asked.all:
                    shoot_all(eyes, server.base_url, signed_in, story.further, asked.all)
            if asked.all:
                shoot_all(eyes, server.base_url, None, STRANGERS, asked.all)
            for browser in (hands, eyes):
                browser.close()
        finally:
            server.stop()


def told(page: Page, server: StudioServer, name: str, preset: str, tell: Tell) -> Story:
    """A story of the demo project with this name, from its labels on."""
    api = StudioApi(page.context, server.base_url)
    project = next(project for project in api.call("GET", "/projects") if project["name"] == name)
    home = f"/projects/{project['slug']}/"
    page.goto(home)
    train(page, preset)
    return tell(page, home, project, api)


if __name__ == "__main__":
    main()
