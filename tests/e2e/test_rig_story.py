"""Three cameras on one mouse, as a lab uses them: register, label, train, predict all views, look in 3D."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth
from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.studio_server import StudioServer

FRAMES = 36
LABELLED = 10
WORDS: dict[Visibility, str] = {
    Visibility.VISIBLE: "visible",
    Visibility.GUESSED: "guessed",
    Visibility.ABSENT: "absent",
}


@pytest.fixture(scope="module")
def rig(media_root: Path) -> Truth:
    folder = media_root / "rig"
    render_recording(load_recipe("tiny"), cameras=3, frames=FRAMES, seed=4, labels=LABELLED, out=folder)
    return load_truth(folder)


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


def label(api: StudioApi, video: dict[str, Any], animal_id: int, labels: LabelSet) -> None:
    """Send the labels of one view, as the studio would."""
    rows: list[dict[str, Any]] = []
    for row, source in enumerate(labels.frames):
        if source.video != video["view"]:
            continue
        for keypoint, point in enumerate(labels.points_px[row, 0].tolist()):
            seen = Visibility(int(labels.visibility[row, 0, keypoint]))
            change: dict[str, Any] = {"visibility": WORDS[seen]}
            if seen != Visibility.ABSENT:
                change |= {"x": point[0], "y": point[1]}
            place: dict[str, Any] = {
                "frame_index": source.index,
                "animal_id": animal_id,
                "keypoint": keypoint,
            }
            rows.append({"uuid": str(uuid4()), "base_rev": 0, "change": change, **place})
    for start in range(0, len(rows), 100):
        api.call("POST", f"/videos/{video['video_id']}/operations", {"operations": rows[start : start + 100]})


def labelled_project(api: StudioApi, truth: Truth) -> tuple[dict[str, Any], dict[str, Any]]:
    """A project whose recording came in as a folder, with its calibration, and labels in every view."""
    skeleton: dict[str, Any] = truth.skeleton.to_dict()
    wanted: dict[str, Any] = {
        name: skeleton[name] for name in ("keypoints", "edges", "symmetric") if name in skeleton
    }
    project = api.call("POST", "/projects", {"name": "Rig"} | wanted)
    project = api.call("GET", f"/projects/{project['id']}")
    registered = api.call(
        "POST", f"/projects/{project['id']}/recordings/rendered", {"path": str(truth.folder)}
    )
    for job_id in registered["job_ids"]:
        api.wait_for_job(job_id)
    recording = api.call("GET", f"/recordings/{registered['recording']['id']}")
    assert len(recording["calibration"]["cameras"]) == 3
    labels = LabelSet.load(truth.folder)
    for view in recording["views"]:
        label(api, view, project["animals"][0]["id"], labels)
    return project, recording


def shown(page: Page, tick: int) -> None:
    """Videos and scene are both at this tick."""
    expect(page.get_by_test_id("reconstruction")).to_have_attribute("data-presented-tick", str(tick))
    expect(page.get_by_test_id("scene")).to_have_attribute("data-shown-tick", str(tick), timeout=20_000)


def test_from_a_folder_of_views_to_3d(page: Page, studio: StudioServer, rig: Truth) -> None:
    api = StudioApi(page.context, studio.base_url)
    project, recording = labelled_project(api, rig)
    trained = api.call(
        "POST", f"/projects/{project['id']}/models", {"name": "m", "preset": "tiny", "holdout": "none"}
    )
    api.wait_for_job(trained["job"]["id"])

    page.goto(f"/projects/{project['slug']}/results/")
    page.get_by_role("button", name="Predict all views").click()
    page.get_by_text("3 of 3 views predicted").wait_for(timeout=120_000)
    page.get_by_role("button", name="Reconstruct").click()
    page.get_by_role("link", name="Open in 3D").first.wait_for()
    made = api.call("GET", f"/projects/{project['id']}/reconstructions")[0]
    assert made["job_id"] is not None
    api.wait_for_job(made["job_id"])
    measured = api.call("GET", f"/reconstructions/{made['id']}")["truth_error"]
    assert measured["ticks"] == FRAMES - LABELLED
    told = page.get_by_test_id("truth-error")
    expect(told).to_contain_text(f"of {measured['n']} keypoints")
    words = told.inner_text()
    page.get_by_role("link", name="Open in 3D").first.click()

    shown(page, 0)
    expect(page.get_by_test_id("truth-error")).to_have_text(words)
    for view in recording["views"]:
        expect(page.locator(f"[data-view-name='{view['view']}'] canvas")).to_have_attribute("data-frame", "0")
    page.get_by_label("Tick", exact=True).first.fill("20")
    page.keyboard.press("Enter")
    shown(page, 20)
    page.keyboard.press("Escape")
    page.get_by_test_id("scene").click()
    page.keyboard.press(".")
    shown(page, 21)

    # A lost graphics context comes back by itself; lost sockets are in test_page3d.
    page.evaluate(
        """async () => {
          const context = document.querySelector("[data-testid=scene]").getContext("webgl2");
          const loss = context.getExtension("WEBGL_lose_context");
          loss.loseContext();
          await new Promise((resolve) => setTimeout(resolve, 100));
          loss.restoreContext();
        }"""
    )
    page.keyboard.press(".")
    shown(page, 22)

    # The address is that of this tick: whoever opens it sees the same.
    page.wait_for_url(re.compile(r"tick=22"))
    page.reload()
    shown(page, 22)


def test_3d_of_the_truth_is_close_to_it(rig: Truth) -> None:
    """The rig itself is sound: what the story above shows can be right."""
    from sbea_engine.data.camera import CameraGroup
    from sbea_engine.geometry import triangulate

    cameras = CameraGroup(cameras=tuple(view.camera for view in rig.views.values()))
    points = np.stack([view.points_px for view in rig.views.values()])
    found = triangulate(cameras, points)
    assert np.nanmax(np.linalg.norm(found.points_mm - rig.points_mm, axis=-1)) < 0.05
