"""The 3D page on a recording of two mice: at rest, while a job runs, for people who may not do everything."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, Playwright, expect

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project as project_points
from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM
from tests.e2e.long_rig import LongRig, film_long_rig, predicted_recording
from tests.e2e.paced_job import CHUNK, PacedJob, paced_job
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.studio_server import StudioServer

TICKS = 600
# How long a step may take on a busy machine before the test gives it up; nothing is measured by it.
PATIENCE_MS = 60_000
VIEWERS = 10
PAGE, SCENE = "[data-testid=reconstruction]", "[data-testid=scene]"
# Sockets of the page, so that a test can end one as a bad line does.
KEEP_SOCKETS = """
  window.sockets = [];
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...rest) { super(...rest); window.sockets.push(this); }
  };
"""
# A browser without a graphics card that it trusts.
NO_WEBGL = """
  const plain = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith("webgl") ? null : plain.call(this, kind, ...rest);
  };
"""


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def rig(media_root: Path) -> LongRig:
    return film_long_rig(media_root / "long", ticks=TICKS)


@pytest.fixture(scope="module")
def webgl(driver: Playwright) -> Iterator[Browser]:
    chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=WEBGL_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def owner(webgl: Browser, studio: StudioServer) -> Iterator[BrowserContext]:
    context = webgl.new_context(base_url=studio.base_url, viewport={"width": 1000, "height": 640})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(KEEP_SOCKETS)
    page = context.new_page()
    page.goto(studio.sign_in_link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="module")
def api(owner: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(owner, studio.base_url)


@pytest.fixture(scope="module")
def story(api: StudioApi, studio: StudioServer, rig: LongRig) -> tuple[dict[str, Any], dict[str, Any], int]:
    return predicted_recording(api, studio, rig, "Long rig")


@pytest.fixture
def job(
    api: StudioApi, studio: StudioServer, rig: LongRig, story: tuple[dict[str, Any], dict[str, Any], int]
) -> Iterator[PacedJob]:
    """A running job of its own; the same inputs would find the poses that are there."""
    _, recording, model = story
    for made in api.call("GET", f"/projects/{story[0]['id']}/reconstructions"):
        if made["state"] != "running":
            api.call("DELETE", f"/reconstructions/{made['id']}")
    with paced_job(studio, recording["id"], model, rig.truth) as paced:
        yield paced
        if api.call("GET", f"/reconstructions/{paced.reconstruction_id}")["state"] == "running":
            paced.finish()


@contextmanager
def opened(
    context: BrowserContext, story: Any, reconstruction_id: int, query: str = "", script: str = ""
) -> Iterator[Page]:
    """The 3D page; `script` runs in it before its own."""
    page = context.new_page()
    page.add_init_script(script)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"/projects/{story[0]['slug']}/reconstructions/{reconstruction_id}/{query}")
    try:
        yield page
    finally:
        page.close()
    assert not problems, f"errors in the page: {problems}"


def shown(page: Page, tick: int) -> None:
    """Videos and poses are both at this tick."""
    expect(page.locator(PAGE)).to_have_attribute("data-presented-tick", str(tick))
    expect(page.locator(SCENE)).to_have_attribute("data-shown-tick", str(tick))
    for frame in page.locator(".sp-picture canvas").all():
        expect(frame).to_have_attribute("data-frame", str(tick))


def go_to(page: Page, tick: int) -> None:
    box = page.get_by_role("spinbutton", name="Tick")
    box.fill(str(tick))
    box.press("Enter")


def box_of(page: Page, selector: str) -> FloatRect:
    """Where it lies; asked again while the browser lays the page out, when it has no answer."""
    element = page.locator(selector)
    end = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < end:
        if (box := element.bounding_box()) is not None:
            return box
        page.wait_for_timeout(50)
    raise AssertionError(f"{selector} never had a place on the page")


def on_canvas(page: Page, camera: Camera, point_mm: Any) -> tuple[float, float]:
    """Where a point of the world lies on the page while the scene is seen through a camera."""
    box = box_of(page, SCENE)
    (u, v), _ = project_points(camera, point_mm)
    scale = min(box["width"] / camera.width, box["height"] / camera.height)
    return (
        box["x"] + box["width"] / 2 + (u + 0.5 - camera.width / 2) * scale,
        box["y"] + box["height"] / 2 + (v + 0.5 - camera.height / 2) * scale,
    )


def through(rig: LongRig) -> str:
    """The part of an address that looks at the scene as the first camera does."""
    return f"from=c_{rig.cameras.cameras[0].name}"


def shows_the_truth(page: Page, rig: LongRig, tick: int) -> None:
    """The pointer over a joint tells the place of that joint at that tick; seen as the first camera sees."""
    camera = rig.cameras.cameras[0]
    expect(page.locator(SCENE)).to_have_attribute("data-viewpoint", f"c_{camera.name}")
    truth = rig.points_mm[tick, 0, 0]
    page.mouse.move(5, 5)
    place = on_canvas(page, camera, truth)
    expect(page.locator(SCENE)).to_have_attribute("data-shown-tick", str(tick))
    page.mouse.move(*place)
    said = page.get_by_test_id("joint").inner_text()
    told = [float(word) for word in re.findall(r"-?\d+\.\d", said.split("±")[0])]
    where = np.linalg.norm(rig.points_mm[tick].reshape(-1, 3) - told, axis=-1).min()
    assert where < 0.1, f"tick {tick}: {said}, the truth is {truth}"


class TestAtRest:
    def test_the_tick_that_is_drawn_is_the_tick_that_was_asked(
        self, owner: BrowserContext, story: Any, job: PacedJob, rig: LongRig
    ) -> None:
        job.finish()
        chance = random.Random(3)
        with opened(owner, story, job.reconstruction_id, f"?tick=7&{through(rig)}") as page:
            shown(page, 7)
            for tick in (chance.randrange(TICKS) for _ in range(6)):
                go_to(page, tick)
                shown(page, tick)
                shows_the_truth(page, rig, tick)

    def test_an_address_keeps_tick_and_viewpoint(
        self, owner: BrowserContext, story: Any, job: PacedJob
    ) -> None:
        job.finish()
        with opened(owner, story, job.reconstruction_id, "?from=c_ring-1") as page:
            shown(page, 0)
            go_to(page, 20)
            page.wait_for_url(re.compile(r"tick=20&from=c_ring-1"))
            page.reload()
            shown(page, 20)
            expect(page.locator(SCENE)).to_have_attribute("data-viewpoint", "c_ring-1")

    @pytest.mark.parametrize("viewpoint", ["c_nobody", "o_1_2", "o_0_0_0_-62_34_900_ghost"])
    def test_a_viewpoint_that_is_none_leaves_the_scene(
        self, owner: BrowserContext, story: Any, job: PacedJob, viewpoint: str
    ) -> None:
        job.finish()
        with opened(owner, story, job.reconstruction_id, f"?tick=3&from={viewpoint}") as page:
            shown(page, 3)
            page.get_by_text("The viewpoint in this address cannot be used").wait_for()
            expect(page.locator(SCENE)).to_have_attribute("data-viewpoint", re.compile("^o_"))


# One that is closing still gives what is sent meanwhile.
CLOSE_SOCKET = """() => new Promise((closed) => {
  const socket = window.sockets.at(-1);
  socket.addEventListener("close", closed);
  socket.close();
})"""


class TestWhileAJobRuns:
    def test_poses_stream_into_an_open_page_and_through_a_lost_socket(
        self, owner: BrowserContext, story: Any, job: PacedJob, rig: LongRig
    ) -> None:
        with opened(owner, story, job.reconstruction_id, f"?{through(rig)}") as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.get_by_label("Newest").check()
            job.write(2 * CHUNK)
            shown(page, 2 * CHUNK - 1)
            job.write(4 * CHUNK)
            shown(page, 4 * CHUNK - 1)
            shows_the_truth(page, rig, 4 * CHUNK - 1)
            windows = [url for url in asked if "/window?" in url]
            assert windows == [], "what was sent was read as well"
            # The line breaks, and the job goes on meanwhile.
            page.evaluate(CLOSE_SOCKET)
            job.write(6 * CHUNK)
            shown(page, 6 * CHUNK - 1)
            shows_the_truth(page, rig, 6 * CHUNK - 1)
            page.wait_for_function("() => window.sockets.length >= 2")
            # Somebody looks elsewhere: the page stays there.
            go_to(page, 30)
            shown(page, 30)
            shows_the_truth(page, rig, 30)
            job.finish()
            expect(page.locator(PAGE)).to_have_attribute("data-ticks-done", str(TICKS))
            expect(page.locator(PAGE)).to_have_attribute("data-state", "ready")
            shown(page, 30)
            go_to(page, TICKS - 1)
            shown(page, TICKS - 1)
            shows_the_truth(page, rig, TICKS - 1)

    def test_a_failure_is_told_and_what_is_tried_again_is_followed(
        self, owner: BrowserContext, story: Any, job: PacedJob
    ) -> None:
        with opened(owner, story, job.reconstruction_id) as page:
            expect(page.locator(PAGE)).to_have_attribute("data-state", "running")
            job.fail("The disk is full.")
            expect(page.get_by_test_id("failure")).to_have_text("The disk is full.")
            page.get_by_label("Newest").wait_for(state="detached")
            # A worker of the studio takes it from here.
            page.get_by_role("button", name="Try again").click()
            expect(page.locator(PAGE)).to_have_attribute("data-state", "ready")
            go_to(page, TICKS - 1)
            shown(page, TICKS - 1)
            assert page.get_by_test_id("failure").count() == 0

    def test_ten_viewers_end_in_step_with_the_database(
        self, owner: BrowserContext, story: Any, job: PacedJob, rig: LongRig, api: StudioApi
    ) -> None:
        pages, problems = [], list[str]()
        for _ in range(VIEWERS):
            page = owner.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.set_viewport_size({"width": 420, "height": 300})
            page.goto(f"/projects/{story[0]['slug']}/reconstructions/{job.reconstruction_id}/?{through(rig)}")
            page.get_by_label("Newest").check()
            pages.append(page)
        for step in range(1, TICKS // CHUNK):
            job.write(step * CHUNK)
            # One line after the other breaks.
            pages[step].evaluate("() => window.sockets.at(-1).close()")
        job.finish()
        row = api.call("GET", f"/reconstructions/{job.reconstruction_id}")
        assert (row["state"], row["ticks_done"]) == ("ready", TICKS)
        for page in pages:
            expect(page.locator(PAGE)).to_have_attribute("data-ticks-done", str(TICKS))
            expect(page.locator(PAGE)).to_have_attribute("data-state", "ready")
            page.bring_to_front()
            page.set_viewport_size({"width": 1000, "height": 640})  # so that a joint can be pointed at
            shown(page, TICKS - 1)
            shows_the_truth(page, rig, TICKS - 1)
            page.close()
        assert not problems, f"errors in the pages: {problems}"


class TestAViewer:
    def test_opens_the_link_and_is_offered_nothing_that_is_refused(
        self, webgl: Browser, studio: StudioServer, story: Any, job: PacedJob, api: StudioApi
    ) -> None:
        invited = api.call(
            "POST",
            f"/projects/{story[0]['id']}/members",
            {"email": "viewer@example.org", "role": "viewer"},
        )
        job.write(2 * CHUNK)
        context = webgl.new_context(base_url=studio.base_url, viewport={"width": 1000, "height": 640})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(invited["link"])
        page.get_by_label("Choose a password").fill("a long pass phrase")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/link/" not in url)
        page.goto(f"/projects/{story[0]['slug']}/reconstructions/{job.reconstruction_id}/?tick=5")
        shown(page, 5)
        job.write(4 * CHUNK)
        expect(page.locator(PAGE)).to_have_attribute("data-ticks-done", str(4 * CHUNK))
        for name in ("Cancel", "Try again"):
            assert page.get_by_role("button", name=name).count() == 0
        page.goto(f"/projects/{story[0]['slug']}/results/")
        page.get_by_role("link", name="Open in 3D").wait_for()
        for name in ("Predict all views", "Reconstruct", "Delete", "Cancel", "Try again"):
            assert page.get_by_role("button", name=name).count() == 0
        context.close()


class TestWithoutGraphics:
    def test_the_videos_and_figures_are_there_and_the_scene_says_why_not(
        self, owner: BrowserContext, story: Any, job: PacedJob
    ) -> None:
        job.finish()
        with opened(owner, story, job.reconstruction_id, "?tick=9", NO_WEBGL) as page:
            expect(page.locator(PAGE)).to_have_attribute("data-presented-tick", "9")
            page.get_by_text("This browser gives no WebGL 2").first.wait_for()
            for name in ("Picture", "Turntable", "Look"):
                expect(page.get_by_role("button", name=name).first).to_be_disabled()
            expect(page.get_by_label("Viewpoint")).to_be_disabled()
            go_to(page, 30)
            expect(page.locator(PAGE)).to_have_attribute("data-presented-tick", "30")
            expect(page.locator(".sp-view").first).to_contain_text("0.3 px")
