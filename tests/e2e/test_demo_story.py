"""The first hour of a newcomer: open the demo, label, train, read the error, run the model, look."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_MS = 240_000
SURE = 0.05  # a minute's model on a coarse recording is sure of little


@pytest.fixture(scope="module")
def demo(signed_in: BrowserContext, studio: StudioServer) -> dict[str, Any]:
    """The demo project on a small recording."""
    studio.python("-m", "tests.e2e.small_demo")
    api = StudioApi(signed_in, studio.base_url)
    found: dict[str, Any] = next(p for p in api.call("GET", "/projects") if p["name"] == ONE_CAMERA)
    return found


def url(demo: dict[str, Any], name: str = "") -> str:
    return f"/projects/{demo['slug']}/{name}"


def labels(page: Page, api: StudioApi, frame: int) -> list[dict[str, Any]]:
    """What the server holds of the frame that the studio shows."""
    found = re.search(r"/videos/(\d+)/", page.url)
    assert found
    rows = api.call("GET", f"/videos/{found[1]}/labels?start={frame}&stop={frame + 1}")
    return list(rows[0]["keypoints"]) if rows else []


def surest_frames(page: Page) -> list[int]:
    """Frames of the result that the studio shows, those with the most confident keypoints first."""
    found = re.search(r"result=(\d+)", page.url)
    assert found
    answer = page.request.get(f"/api/v1/results/{found[1]}/window?start=0&stop=90")
    values = np.frombuffer(answer.body(), "<f4").reshape(90, -1, 3)
    return [int(f) for f in np.argsort(-(values[..., 2] > SURE).sum(axis=1), kind="stable")]


# The steps build on one another, as they do for a person; run them in order.
class TestDemoStory:
    def test_labels_a_suggested_frame(
        self, page: Page, signed_in: BrowserContext, studio: StudioServer, demo: dict[str, Any]
    ) -> None:
        api = StudioApi(signed_in, studio.base_url)
        page.goto("/")
        page.get_by_role("link", name=ONE_CAMERA).click()
        page.get_by_role("link", name="Label frames").first.click()
        desk = StudioPage(page)
        frame = desk.frame
        for k in range(10):
            desk.click(20 + 12 * k, 40 + 3 * k)
        desk.expect_saved()
        stored = labels(page, api, frame)
        assert [k["visibility"] for k in stored] == ["visible"] * 10
        assert stored[3]["x"] == pytest.approx(56, abs=0.6)
        assert stored[3]["y"] == pytest.approx(49, abs=0.6)

        desk.drag((56, 49), (70, 90))
        desk.expect_saved()
        assert labels(page, api, frame)[3]["y"] == pytest.approx(90, abs=1)
        desk.press("Control+z")
        desk.expect_saved()
        assert labels(page, api, frame)[3]["y"] == pytest.approx(49, abs=0.6)
        desk.press("Control+Shift+Z")
        desk.expect_saved()
        assert labels(page, api, frame)[3]["y"] == pytest.approx(90, abs=1)

        desk.press("v")
        desk.expect_visibility(3, "guessed")
        desk.press("ArrowRight")
        desk.expect_saved()
        assert labels(page, api, frame)[3]["x"] == pytest.approx(stored[3]["x"] + 15, abs=1.5)
        desk.press("Delete")
        desk.expect_visibility(3, "unlabelled")
        desk.expect_saved()

        page.reload()
        desk = StudioPage(page)
        assert desk.frame == frame
        desk.expect_visibility(2, "visible")
        desk.expect_visibility(3, "unlabelled")

    def test_plays_and_steps(self, page: Page, demo: dict[str, Any]) -> None:
        page.goto(url(demo, "label/"))
        desk = StudioPage(page)
        desk.go_to(10)
        desk.press(".")
        desk.wait_for_frame(11)
        desk.press(",")
        desk.wait_for_frame(10)
        desk.press(">")
        desk.wait_for_frame(20)
        desk.press(" ")
        page.wait_for_function(
            "() => Number(document.querySelector('[data-presented-frame]').dataset.presentedFrame) > 24"
        )
        desk.press(" ")
        expect(page.get_by_test_id("play")).to_have_attribute("aria-label", "Play")

    def test_trains_through_a_reload(self, page: Page, demo: dict[str, Any]) -> None:
        page.goto(url(demo))
        page.get_by_role("button", name="Use the demo labels").click()
        expect(page.get_by_text("enough to train")).to_be_visible()
        page.get_by_role("link", name="Train your first model").click()
        page.get_by_text("Trial run").click()
        page.get_by_role("button", name="Train", exact=True).click()
        training = page.get_by_label("Training model 1")
        expect(training.get_by_text("Training loss")).to_be_visible(timeout=LONG_MS)
        page.reload()
        expect(page.get_by_role("row", name=re.compile("model 1.*ready"))).to_be_visible(timeout=LONG_MS)

    def test_reads_the_error_and_the_worst_frames(self, page: Page, demo: dict[str, Any]) -> None:
        page.goto(url(demo, "models/"))
        page.get_by_role("main").get_by_role("link", name="model 1").click()
        expect(page.get_by_role("heading", name="How good")).to_be_visible()
        for keypoint in ("snout", "tail tip"):
            row = page.get_by_role("row", name=re.compile(rf"^{keypoint} .* px .* px"))
            expect(row).to_be_visible()
        worst = page.get_by_role("img", name=re.compile("^Frame "))
        expect(worst.first).to_be_visible()
        expect(page.get_by_text("Training loss")).to_be_visible()

    def test_runs_the_model_and_accepts_what_it_says(
        self, page: Page, signed_in: BrowserContext, studio: StudioServer, demo: dict[str, Any]
    ) -> None:
        api = StudioApi(signed_in, studio.base_url)
        page.goto(url(demo, "models/"))
        page.get_by_role("main").get_by_role("link", name="model 1").click()
        with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
            page.get_by_role("button", name="Run", exact=True).click()
        page.goto(url(demo, "results/"))
        ready = page.get_by_role("row", name=re.compile("90 of 90"))
        expect(ready).to_be_visible(timeout=LONG_MS)
        ready.get_by_role("link", name="Open").click()
        desk = StudioPage(page)
        sure = surest_frames(page)
        unlabelled = next(f for f in sure if not labels(page, api, f))
        desk.go_to(unlabelled)
        expect(page.get_by_text("10 predicted")).to_be_visible()
        page.get_by_role("slider", name="Confidence at least").fill(str(SURE))
        offer = page.get_by_role("button", name=re.compile(r"^Accept \d+ above")).inner_text()
        offered = int(re.findall(r"\d+", offer)[0])
        assert offered > 0
        desk.press("a")
        desk.expect_saved()
        taken = [k for k in labels(page, api, unlabelled) if k["visibility"] == "visible"]
        assert [k["origin"] for k in taken] == ["accepted"] * offered

    def test_the_jobs_page_tells_what_ran(self, page: Page, demo: dict[str, Any]) -> None:
        page.goto(url(demo, "jobs/"))
        for label in ("Train model 1", "Run model 1 over open field"):
            expect(page.get_by_text(label).first).to_be_visible()
        page.get_by_role("button", name="Log").first.click()
        expect(page.get_by_role("log")).to_contain_text("done")
