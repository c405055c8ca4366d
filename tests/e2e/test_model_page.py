"""What a person sees of trained models: misses as pictures, confidence against truth, two models compared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_S = 500.0


@pytest.fixture(scope="module")
def api(signed_in: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(signed_in, studio.base_url)


@pytest.fixture(scope="module")
def project(api: StudioApi, studio: StudioServer) -> dict[str, Any]:
    """The demo project on a small recording, with its labels."""
    studio.python("-m", "tests.e2e.small_demo")
    found: dict[str, Any] = next(p for p in api.call("GET", "/projects") if p["name"] == ONE_CAMERA)
    if not api.call("GET", f"/projects/{found['id']}")["counts"]["labelled_frames"]:
        api.call("POST", f"/projects/{found['id']}/demo-labels")
    return found


@pytest.fixture(scope="module")
def models(api: StudioApi, project: dict[str, Any]) -> list[dict[str, Any]]:
    """Two trial runs that differ in their seed; the first one ran over the video."""
    trained = []
    for seed in (1, 2):
        wish = {"preset": "tiny", "holdout": "last:0.5", "seed": seed, "name": f"trial {seed}"}
        made = api.call("POST", f"/projects/{project['id']}/models", wish)
        api.wait_for_job(made["job"]["id"], deadline_s=LONG_S)
        trained.append(api.call("GET", f"/models/{made['model']['id']}"))
    [video] = {row["video_id"] for row in trained[0]["worst"]}
    run = api.call("POST", f"/models/{trained[0]['id']}/predictions", {"video_id": video})
    api.wait_for_job(run["job"]["id"], deadline_s=LONG_S)
    return trained


def address(project: dict[str, Any], name: str) -> str:
    return f"/projects/{project['slug']}/{name}"


@pytest.mark.timeout(1800)
class TestModelPage:
    def test_draws_the_misses_and_opens_the_studio_there(
        self, page: Page, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        page.goto(address(project, f"models/{models[0]['id']}/"))
        worst = models[0]["worst"][0]
        tile = page.get_by_role("link").filter(has=page.get_by_role("img", name=re.compile("^Frame "))).first
        picture = tile.get_by_role("img")
        expect(picture).to_have_attribute("aria-label", f"Frame {worst['frame_index']} of open field")
        placed = sum(point is not None for animal in worst["labels_px"] for point in animal)
        answered = sum(point is not None for animal in worst["points_px"] for point in animal)
        expect(tile.locator("circle.ring")).to_have_count(placed)
        expect(tile.locator("path.cross")).to_have_count(answered)
        ring = tile.locator("circle.ring").first
        first = next(point for animal in worst["labels_px"] for point in animal if point is not None)
        assert float(ring.get_attribute("cx") or 0) == pytest.approx(first[0])
        tile.click()
        desk = StudioPage(page)
        assert desk.frame == worst["frame_index"]
        # there only where a prediction is shown
        expect(page.get_by_role("slider", name="Confidence at least")).to_be_visible()

    def test_leads_from_a_keypoint_to_where_it_was_farthest_off(
        self, page: Page, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        page.goto(address(project, f"models/{models[0]['id']}/"))
        farthest = models[0]["worst_by_keypoint"]["snout"][0]
        row = page.get_by_role("row", name=re.compile("^snout "))
        link = row.get_by_role("link", name=f"{farthest['distance_px']:.1f} px")
        expect(link).to_have_attribute("href", re.compile(rf"frame={farthest['frame_index']}&result="))

    def test_reads_confidence_against_truth_by_keys(
        self, page: Page, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        page.goto(address(project, f"models/{models[0]['id']}/"))
        bins = models[0]["metrics"]["test"]["confidence"]["bins"]
        card = page.locator("section").filter(
            has=page.get_by_role("heading", name="Can its confidence be trusted?")
        )
        expect(card.get_by_text("expected calibration error")).to_be_visible()
        plot = card.get_by_role("img", name=re.compile("Share of right answers"))
        expect(plot.locator(".mark")).to_have_count(len(bins))
        plot.focus()
        page.keyboard.press("ArrowRight")
        right = round(bins[0]["right"] * 100)
        expect(card.locator("figcaption")).to_contain_text(f"right {right} % of the time")

    def test_says_what_a_forecast_lacks(
        self, page: Page, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        page.goto(address(project, f"models/{models[0]['id']}/"))
        expect(page.get_by_role("heading", name="Would more labels help?")).to_be_visible()
        expect(page.get_by_text("A forecast needs 4 models with 3 different amounts")).to_be_visible()
        expect(page.get_by_text(re.compile("more frames should"))).to_have_count(0)

    def test_fits_narrow_windows(
        self, page: Page, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        page.set_viewport_size({"width": 800, "height": 900})
        page.goto(address(project, f"models/{models[0]['id']}/"))
        page.get_by_role("heading", name="Can its confidence be trusted?").wait_for()
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.timeout(1800)
class TestComparison:
    def test_compares_two_models_and_is_found_again(
        self, page: Page, api: StudioApi, project: dict[str, Any], models: list[dict[str, Any]]
    ) -> None:
        first, second = (model["id"] for model in models)
        truth = api.call("GET", f"/models/{first}/comparison?other={second}")
        page.goto(address(project, "models/"))
        page.get_by_label("One model").select_option(str(first))
        page.get_by_label("Other model").select_option(str(second))
        page.get_by_role("button", name="Compare", exact=True).click()
        shown = page.get_by_test_id("comparison")
        expect(shown.get_by_role("status")).to_contain_text(f"On {truth['frames']} frames held out from both")
        expect(shown.get_by_role("row")).to_have_count(1 + len(truth["by_keypoint"]) + 1)
        frame = truth["differ_most"][0]["frame_index"]
        for name in ("trial 1", "trial 2"):
            picture = shown.get_by_role("img", name=f"Frame {frame} of open field with what {name} says")
            expect(picture).to_be_visible()
            expect(picture.locator("circle.ring")).not_to_have_count(0)
        page.reload()
        again = page.get_by_test_id("comparison").get_by_role("status")
        expect(again).to_contain_text(f"On {truth['frames']} frames held out from both")
