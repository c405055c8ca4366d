"""The demo's rig, as a newcomer takes it: wait, take labels, train, predict all views, reconstruct, turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.small_demo import LABELS, RIG, SECONDS
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import TWO_MICE

LONG_MS = 240_000
TICKS = int(SECONDS * 15)  # the small recipes have 15 frames a second


@pytest.fixture(scope="module")
def webgl(driver: Playwright) -> Iterator[Browser]:
    """The other browser tests run without WebGL, which makes every page slow on the processor."""
    chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=WEBGL_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def page(webgl: Browser, studio: StudioServer) -> Iterator[Page]:
    context = webgl.new_context(base_url=studio.base_url, viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(studio.sign_in_link())
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url("**/")
    yield tab
    context.close()
    assert not problems, f"errors in the page: {problems}"


def next_step(page: Page, title: str) -> None:
    """Follow the step that the project's home names."""
    page.get_by_label("Next step").get_by_role("link", name=title).click(timeout=LONG_MS)


def test_from_make_demo_to_a_skeleton_that_turns(page: Page, studio: StudioServer) -> None:
    studio.python("-m", "tests.e2e.small_demo", "--rig")
    page.goto("/")
    page.get_by_role("link", name=TWO_MICE).click()
    home = page.url
    labels = page.get_by_role("button", name="Use the demo labels")
    labels.click(timeout=LONG_MS)  # it comes with the recordings, without a reload
    expect(page.get_by_text(f"{RIG.cameras * LABELS} labelled frames are enough to start.")).to_be_visible()

    api = StudioApi(page.context, studio.base_url)
    project = next(p for p in api.call("GET", "/projects") if p["name"] == TWO_MICE)
    trained = api.call(
        "POST", f"/projects/{project['id']}/models", {"name": "m", "preset": "tiny", "holdout": "none"}
    )
    api.wait_for_job(trained["job"]["id"])
    page.goto(home)
    next_step(page, "Predict all views")
    rig = page.locator("[data-recording='two mice']")
    rig.get_by_role("button", name="Predict all views").click()
    expect(rig.get_by_text("3 of 3 views predicted")).to_be_visible(timeout=LONG_MS)
    page.goto(home)
    next_step(page, "Reconstruct in 3D")
    rig.get_by_role("button", name="Reconstruct").click()
    expect(rig.get_by_text(f"{TICKS} of {TICKS} ticks")).to_be_visible(timeout=LONG_MS)
    rig.get_by_role("link", name="Open in 3D").first.click()

    scene = page.get_by_test_id("scene")
    expect(scene).to_have_attribute("data-shown-tick", "0", timeout=LONG_MS)
    for view in ("ceiling", "ring-1", "ring-2"):
        expect(page.locator(f"[data-view-name='{view}']")).to_be_visible()
    box = scene.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 150, y + 40, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("from="))  # another viewpoint than the one it opened with
