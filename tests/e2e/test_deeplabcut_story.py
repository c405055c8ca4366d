"""A lab's DeepLabCut project: brought in from a folder and as a zip, corrected, trained, run, taken out."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import ROOT, StudioServer

OPENFIELD = ROOT.parent / "shared" / "data" / "openfield" / "openfield-Pranav-2018-10-30"
PARTS = ["snout", "leftear", "rightear", "tailbase"]
FRAMES, VIDEO_FRAMES = 116, 2330
LONG_MS = 300_000

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not OPENFIELD.is_dir(), reason="DeepLabCut's openfield project is not on this machine"
    ),
]


@pytest.fixture(scope="module")
def api(signed_in: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(signed_in, studio.base_url)


@pytest.fixture(scope="module")
def labels_only_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without its video, as somebody would send it."""
    path = tmp_path_factory.mktemp("zips") / "openfield.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(OPENFIELD.rglob("*")):
            if file.is_file() and file.suffix != ".mp4":
                archive.write(file, Path(OPENFIELD.name) / file.relative_to(OPENFIELD))
    return path


def new_project(page: Page, name: str) -> str:
    """Make an empty project for an import; returns its address."""
    page.goto("/")
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_text("A project of another tool").click()
    page.get_by_role("button", name="Create, then import").click()
    page.wait_for_url("**/recordings/")
    return page.url.removesuffix("recordings/")


def first_labels(api: StudioApi, page: Page) -> dict[int, dict[str, Any]]:
    """Labels of the video in the studio by frame."""
    found = re.search(r"/videos/(\d+)/", page.url)
    assert found
    return {row["frame_index"]: row for row in api.call("GET", f"/videos/{found[1]}/labels")}


def truth() -> pd.DataFrame:
    """What the project's own H5 says: (frame, coordinate)."""
    file = next(OPENFIELD.glob("labeled-data/*/CollectedData_*.h5"))
    return pd.DataFrame(pd.read_hdf(file))


def downloaded(page: Page, title: str) -> zipfile.ZipFile:
    row = page.get_by_role("row", name=re.compile(title)).or_(
        page.get_by_role("listitem").filter(has_text=title)
    )
    with page.expect_download() as started:
        row.first.get_by_role("link", name="Download").click(timeout=LONG_MS)
    return zipfile.ZipFile(io.BytesIO(Path(started.value.path()).read_bytes()))


# The steps build on one another, as they do for a person; run them in order.
class TestDeepLabCutStory:
    address = ""

    def test_brings_the_folder_in(self, page: Page, api: StudioApi) -> None:
        type(self).address = new_project(page, "Open field from a folder")
        for folder in ("data", "openfield"):
            page.get_by_role("main").get_by_role("button", name=folder, exact=True).click()
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text(re.compile("116 frames . 464 points"))).to_be_visible(timeout=LONG_MS)
        page.get_by_role("link", name="m4s1").click()
        desk = StudioPage(page)
        assert len(first_labels(api, page)) == FRAMES
        desk.go_to(37)
        stored = first_labels(api, page)[37]["keypoints"]
        expected = truth().iloc[37].to_numpy().reshape(4, 2)
        np.testing.assert_allclose([[k["x"], k["y"]] for k in stored], expected, atol=1e-3)
        assert {k["origin"] for k in stored} == {"imported"}

    def test_corrects_a_point(self, page: Page, api: StudioApi) -> None:
        page.goto(f"{self.address}recordings/")
        page.get_by_role("link", name="m4s1").click()
        desk = StudioPage(page)
        desk.go_to(37)
        x, y = truth().iloc[37].to_numpy().reshape(4, 2)[3]
        desk.drag((x, y), (x + 12, y - 9))
        desk.expect_saved()
        moved = first_labels(api, page)[37]["keypoints"][3]
        assert [moved["x"], moved["y"]] == pytest.approx([x + 12, y - 9], abs=1.5)
        assert moved["origin"] == "human"
        desk.press("Control+z")
        desk.expect_saved()

    def test_trains_and_runs_over_the_video(self, page: Page) -> None:
        page.goto(f"{self.address}models/")
        page.get_by_text("Trial run").click()
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_role("row", name=re.compile("model 1.*ready"))).to_be_visible(timeout=LONG_MS)
        page.get_by_role("main").get_by_role("link", name="model 1").click()
        for part in PARTS:
            expect(page.get_by_role("row", name=re.compile(rf"^{part} 23 "))).to_be_visible()
        with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
            page.get_by_role("row", name=re.compile("m3v1mp4")).get_by_role("button", name="Run").click()
        page.goto(f"{self.address}results/")
        done = page.get_by_role("row", name=re.compile(r"m3v1mp4.*model 1.*2\s?330 of 2\s?330"))
        expect(done).to_be_visible(timeout=LONG_MS)
        done.get_by_role("link", name="Open").click()
        desk = StudioPage(page)
        for frame in (2000, 17, 1203):
            desk.go_to(frame)
            expect(page.get_by_text("4 predicted")).to_be_visible()

    def test_takes_labels_and_predictions_out_for_other_tools(self, page: Page, tmp_path: Path) -> None:
        sleap_io = pytest.importorskip("sleap_io")
        page.goto(f"{self.address}results/")
        done = page.get_by_role("row", name=re.compile("m3v1mp4.*model 1"))
        for button in (
            done.get_by_role("button", name="Export …"),
            page.get_by_role("button", name="Export the labels …"),
        ):
            button.click()
            menu = page.get_by_role("dialog")
            menu.get_by_role("radio", name=re.compile("^DeepLabCut")).check()
            menu.get_by_role("button", name="Export", exact=True).click()
            expect(menu).to_have_count(0)
        expect(page.get_by_role("link", name="Download")).to_have_count(2, timeout=LONG_MS)
        downloaded(page, "Predictions as DeepLabCut").extractall(tmp_path / "predictions")
        downloaded(page, "Labels as DeepLabCut").extractall(tmp_path / "labels")

        csv = next((tmp_path / "predictions").rglob("*.csv"))
        table = pd.read_csv(csv, header=[0, 1, 2], index_col=0)
        assert table.shape == (VIDEO_FRAMES, 12)
        frame = pd.DataFrame(pd.read_hdf(next((tmp_path / "predictions").rglob("*.h5"))))
        np.testing.assert_allclose(frame.to_numpy(), table.to_numpy(), atol=1e-3)

        collected = next((tmp_path / "labels").rglob("CollectedData_*.csv"))
        labels = sleap_io.load_file(str(collected), format="dlc")
        assert len(labels) == FRAMES
        stored = pd.DataFrame(pd.read_hdf(collected.with_suffix(".h5"))).to_numpy()
        np.testing.assert_allclose(stored, truth().to_numpy(), atol=1e-3)


class TestZip:
    def test_brings_a_zip_in(self, page: Page, labels_only_zip: Path) -> None:
        address = new_project(page, "Open field from a zip")
        page.get_by_role("tab", name="From another tool (zip)").click()
        page.get_by_label("Choose a zip").set_input_files(labels_only_zip)
        expect(page.get_by_text(re.compile("116 frames . 464 points"))).to_be_visible(timeout=LONG_MS)
        page.goto(address)
        expect(page.get_by_text("116 frames").first).to_be_visible()

    def test_refuses_a_zip_that_is_none_and_says_why(self, page: Page, tmp_path: Path) -> None:
        bad = tmp_path / "project.zip"
        bad.write_bytes(b"PK\x03\x04 and then nothing that a zip has")
        new_project(page, "Open field from rubbish")
        page.get_by_role("tab", name="From another tool (zip)").click()
        page.get_by_label("Choose a zip").set_input_files(bad)
        expect(page.get_by_text(re.compile("not a zip|no zip|cannot be read|damaged"))).to_be_visible(
            timeout=LONG_MS
        )
        expect(page.get_by_text("No recordings yet.")).to_be_visible()
