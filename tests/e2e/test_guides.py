"""Lines and places that labels of one view give the others, where they must lie: on the rendered truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sbea_engine.synth import Truth, load_recipe, load_truth, render_recording
from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer

TICK = 6
# Overlay pixels that are painted within a few pixels of an image position.
PAINTED = """({ view, x, y }) => {
  const cell = document.querySelector(`.st-cell[data-view-name='${view}']`);
  const [scale, left, top] = cell.querySelector("[data-view]").dataset.view.split(" ").map(Number);
  const canvas = cell.querySelector("[data-testid=overlay-canvas]");
  const density = canvas.width / canvas.getBoundingClientRect().width;
  const [u, v] = [left + (x + 0.5) * scale, top + (y + 0.5) * scale].map((at) => Math.round(at * density));
  const { data } = canvas.getContext("2d").getImageData(u - 6, v - 6, 13, 13);
  let painted = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted++;
  return painted;
}"""


@pytest.fixture(scope="module")
def rig(media_root: Path) -> Truth:
    folder = media_root / "guides"
    render_recording(load_recipe("tiny"), cameras=3, frames=12, seed=5, labels=0, out=folder)
    return load_truth(folder)


def test_a_line_from_one_view_and_a_place_from_two(page: Page, studio: StudioServer, rig: Truth) -> None:
    api = StudioApi(page.context, studio.base_url)
    skeleton: dict[str, Any] = rig.skeleton.to_dict()
    project = api.call(
        "POST",
        "/projects",
        {"name": "Guides", "keypoints": skeleton["keypoints"], "edges": skeleton["edges"]},
    )
    project = api.call("GET", f"/projects/{project['id']}")
    registered = api.call("POST", f"/projects/{project['id']}/recordings/rendered", {"path": str(rig.folder)})
    for job_id in registered["job_ids"]:
        api.wait_for_job(job_id)
    recording = api.call("GET", f"/recordings/{registered['recording']['id']}")
    videos = {view["view"]: view["video_id"] for view in recording["views"]}
    first, second, third = videos
    places: dict[str, tuple[float, float]] = {}
    for view in videos:
        x, y = rig.views[view].points_px[TICK, 0, 0].tolist()
        places[view] = x, y

    page.goto(f"/projects/{project['slug']}/videos/{videos[first]}/studio/?tick={TICK}")
    hands = StudioPage(page)
    hands.wait_for_tick(TICK)

    def place(view: str) -> dict[str, Any]:
        x, y = places[view]
        return {"view": view, "x": x, "y": y}

    def wait_until_painted(view: str) -> None:
        """What is drawn comes with a frame of the browser, not with the click."""
        page.wait_for_function(f"(place) => ({PAINTED})(place) > 0", arg=place(view))

    assert [page.evaluate(PAINTED, place(view)) for view in videos] == [0, 0, 0]
    hands.click(*places[first], view=first)
    hands.expect_saved()
    missing = len(skeleton["keypoints"]) - 1
    expect(page.locator(f"[data-view-row='{first}']")).to_have_text(f"{first}{missing} missing")
    page.locator("[data-keypoint='0']").click()  # the line of the armed keypoint is drawn
    expect(page.locator("[data-keypoint='0']")).to_have_attribute("aria-pressed", "true")
    wait_until_painted(second)
    wait_until_painted(third)

    hands.click(*places[second], view=second)
    hands.expect_saved()
    page.reload()
    hands = StudioPage(page)
    hands.wait_for_tick(TICK)
    wait_until_painted(third)
