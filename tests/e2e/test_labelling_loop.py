"""The loop of few-shot labelling: ask a model, see why and what it says, accept, correct, next frame."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_S = 500.0
FRAMES = 6
SURE = 0.05  # a minute's model on a coarse recording is sure of little
NEAR_PX = 10  # of the recording, which has 174 x 110 or so: nearer a click takes hold


@pytest.fixture(scope="module")
def api(signed_in: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(signed_in, studio.base_url)


@pytest.fixture(scope="module")
def project(api: StudioApi, studio: StudioServer) -> dict[str, Any]:
    """The demo project on a small recording, with its labels and a model trained for a minute."""
    studio.python("-m", "tests.e2e.small_demo")
    found: dict[str, Any] = next(p for p in api.call("GET", "/projects") if p["name"] == ONE_CAMERA)
    if not api.call("GET", f"/projects/{found['id']}")["counts"]["labelled_frames"]:
        api.call("POST", f"/projects/{found['id']}/demo-labels")
    wish = {"preset": "tiny", "holdout": "last:0.2", "seed": 5, "name": "asked"}
    made = api.call("POST", f"/projects/{found['id']}/models", wish)
    api.wait_for_job(made["job"]["id"], deadline_s=LONG_S)
    return {**found, "model": made["model"]["id"]}


def open_keypoints(page: Page) -> list[int]:
    """Of the active animal, on the frame on screen."""
    rows = page.locator("[data-keypoint][data-visibility=unlabelled]")
    return [int(row.get_attribute("data-keypoint") or -1) for row in rows.all()]


@pytest.mark.timeout(1800)
def test_ask_accept_next(page: Page, api: StudioApi, project: dict[str, Any]) -> None:
    page.goto(f"/projects/{project['slug']}/models/{project['model']}/")
    page.get_by_role("button", name="What should I label next?").click()
    page.get_by_label("How many frames").fill(str(FRAMES))
    page.get_by_role("button", name="Find frames").click()
    expect(page.get_by_text(f"{FRAMES} frames found.")).to_be_visible(timeout=LONG_S * 1000)
    page.get_by_role("link", name="Label them").click()

    desk = StudioPage(page)
    desk.wait_for_labels()
    frame = desk.frame
    video = int(re.findall(r"/videos/(\d+)/", page.url)[0])
    told = {row["frame_index"]: row for row in api.call("GET", f"/videos/{video}/suggestions")}
    mine = [f for f, row in told.items() if row["method"] == "model"]
    assert (len(mine), frame) == (FRAMES, min(mine))
    assert not any(told[f]["labelled"] for f in mine)

    todo = page.get_by_test_id("to-label")
    expect(todo.get_by_text(f"{FRAMES} to do")).to_be_visible()
    why = page.get_by_test_id("why")
    for reason in told[frame]["reasons"]:
        expect(why.get_by_title(reason)).to_be_visible()
    expect(why).to_contain_text("Predicted by asked.")

    # Nobody ran the model over the video: the ghosts came with the frames.
    assert not [r for r in api.call("GET", f"/videos/{video}/results") if r["model_id"] == project["model"]]
    [said] = api.call("GET", f"/videos/{video}/frame-predictions")
    points = next(one["points"][0] for one in said["frames"] if one["frame_index"] == frame)
    expect(page.get_by_text(f"{sum(point is not None for point in points)} predicted")).to_be_visible()

    page.get_by_role("slider", name="Confidence at least").fill(str(SURE))
    sure = [k for k, point in enumerate(points) if point is not None and point[2] >= SURE]
    assert sure
    expect(page.get_by_role("button", name=f"Accept {len(sure)} above .05")).to_be_visible()
    desk.press("a")
    desk.expect_saved()
    [stored] = api.call("GET", f"/videos/{video}/labels?start={frame}&stop={frame + 1}")
    taken = [k for k, keypoint in enumerate(stored["keypoints"]) if keypoint["origin"] == "accepted"]
    assert taken == sure
    assert stored["keypoints"][sure[0]]["x"] == pytest.approx(points[sure[0]][0])

    # What the model is not sure of is a person's; a click on what was placed would take hold of that.
    spots = [(x, y) for y in (15, 40, 65, 90) for x in range(15, 160, 24)]
    accepted = [points[k][:2] for k in sure]
    free = [spot for spot in spots if all(math.dist(spot, point) > NEAR_PX for point in accepted)]
    for spot, _ in zip(free, open_keypoints(page), strict=False):
        desk.click(*spot)
    expect(todo.get_by_text(f"{FRAMES - 1} to do")).to_be_visible()
    expect(todo.locator(f"[data-frame='{frame}']")).to_have_count(0)

    desk.press("n")
    desk.wait_for_frame(sorted(mine)[1])
    expect(todo.locator("[aria-current]")).to_have_attribute("data-frame", str(sorted(mine)[1]))
    why.get_by_role("button", name="Leave it out").click()
    desk.wait_for_frame(sorted(mine)[2])
    expect(todo.get_by_text(f"{FRAMES - 2} to do")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("to-label").get_by_text(f"{FRAMES - 2} to do")).to_be_visible()


@pytest.mark.timeout(1800)
def test_doubtful_stretches_lead_to_their_frames(page: Page, api: StudioApi, project: dict[str, Any]) -> None:
    [recording] = api.call("GET", f"/projects/{project['id']}/recordings")
    video = recording["videos"][0]["id"]
    run = api.call("POST", f"/models/{project['model']}/predictions", {"video_id": video})
    if run["job"]:
        api.wait_for_job(run["job"]["id"], deadline_s=LONG_S)
    told = api.call("GET", f"/results/{run['result']['id']}/doubts")
    worst = max(told["stretches"], key=lambda one: one["severity"])  # a minute's model is unsure somewhere

    page.goto(f"/projects/{project['slug']}/results/")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="asked", exact=True))
    row.get_by_role("button", name="Where is it doubtful?").click()
    row.get_by_test_id("doubtful").get_by_role("listitem").first.get_by_role("link").click()
    desk = StudioPage(page)
    assert desk.frame == worst["worst"]
    here = page.get_by_test_id("doubtful").locator("[aria-current]")
    expect(here).to_have_attribute("title", re.compile(re.escape(worst["reasons"][0])))
    desk.go_to(0 if worst["worst"] else 1)
    again = page.get_by_test_id("doubtful").get_by_role("button", name=re.compile(f"^{worst['worst']}"))
    again.first.click()
    desk.wait_for_frame(worst["worst"])
