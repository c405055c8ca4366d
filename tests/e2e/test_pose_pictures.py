"""Pictures of poses from the Results page: a labelled video that plays, a map whose dots open frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sbea_engine.synth.film import FilmWriter
from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer

pytestmark = pytest.mark.slow

LONG_MS = 120_000
WIDTH, HEIGHT, FRAMES, FPS = 200, 122, 50, 25
KEYPOINTS = ["nose", "tail"]

PLAYED = """async (url) => {
  const video = document.createElement("video");
  video.muted = true;
  video.src = url;
  await new Promise((done, fail) => { video.onloadeddata = done; video.onerror = fail; });
  video.currentTime = video.duration / 2;
  await new Promise((done) => { video.onseeked = done; });
  return [video.videoWidth, video.videoHeight, video.duration];
}"""


@pytest.fixture(scope="module")
def predicted(
    signed_in: BrowserContext,
    studio: StudioServer,
    media_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """A project whose only video has predictions of two keypoints on every frame."""
    api = StudioApi(signed_in, studio.base_url)
    file = media_root / "wall.mp4"
    with FilmWriter(file, width=WIDTH, height=HEIGHT, fps=FPS) as film:
        for _ in range(FRAMES):
            film.append(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    project = api.project("Labelled video", KEYPOINTS)
    video = api.register(project["id"], "wall", file)
    along = np.linspace(30, 170, FRAMES)
    lengths = 40 + 15 * np.sin(np.arange(FRAMES))
    points = np.stack([np.stack([along, y], -1) for y in (np.full(FRAMES, 40), 40 + lengths)], 1)[:, None]
    arrays = tmp_path_factory.mktemp("film") / "predictions.npz"
    np.savez(
        arrays, allow_pickle=False, individuals=np.array(["animal 1"]), **{"cam-1": points.astype(np.float32)}
    )
    studio.python("-m", "tests.e2e.long_rig", str(video["recording_id"]), str(arrays))
    return project


def test_a_film_is_chosen_made_and_played(page: Page, predicted: dict[str, Any]) -> None:
    page.goto(f"/projects/{predicted['slug']}/results/")
    page.get_by_role("button", name="Labelled video").click()
    dialog = page.get_by_role("dialog", name="Labelled video")
    expect(dialog.get_by_label("Last frame")).to_have_value("49")
    dialog.get_by_label("First frame").fill("50")
    dialog.get_by_role("button", name="Make the video").click()
    expect(dialog).to_be_visible()  # the browser says that 50 is too large
    dialog.get_by_label("First frame").fill("10")
    dialog.get_by_label("Trail").select_option("10 frames")
    dialog.get_by_role("button", name="Make the video").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row").filter(has_text="labelled.mp4")
    expect(row).to_be_visible(timeout=LONG_MS)
    expect(row).to_contain_text("Labelled video")
    with page.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("wall-frames-10-49")
    url = row.get_by_role("link", name="Download").get_attribute("href")
    width, height, duration = page.evaluate(PLAYED, url)
    assert (width, height) == (WIDTH, HEIGHT)
    assert duration == pytest.approx(40 / FPS, abs=0.01)


def test_a_map_is_made_and_its_dots_are_frames(page: Page, predicted: dict[str, Any]) -> None:
    page.goto(f"/projects/{predicted['slug']}/results/")
    page.get_by_label("Clusters").fill("3")
    page.get_by_label("Colour also by").select_option("distance")
    page.get_by_role("button", name="Map the poses").click()
    page.get_by_role("button", name="Show").click(timeout=LONG_MS)
    expect(page.get_by_role("img", name="Examples of 3 clusters")).to_be_visible()
    dots = page.get_by_role("img", name="Map of 50 poses in 3 clusters.")
    dots.press("ArrowRight")
    dots.press("ArrowRight")
    told = page.get_by_text("Frame 1 · cluster")
    expect(told).to_contain_text("distance of nose, tail 52.6 px")  # 40 + 15 sin 1
    page.get_by_role("link", name="Open frame 1").click()
    page.wait_for_url("**frame=1&result=*")
