"""The Recordings page with several cameras: grouped by name, put in step, calibrated; what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.recordings.factories import make_rig

LONG_MS = 120_000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(media_root: Path) -> Path:
    """Two takes of two cameras, one of which is cut, and a file that is no video."""
    takes = media_root / "two cameras"
    takes.mkdir()
    for stem, frames in (("take3_top", 20), ("take3_side", 14), ("take4_top", 6)):
        write_barcode_video(takes / f"{stem}.mp4", frames)
    (takes / "take4_side.mp4").write_bytes(b"no video")
    return takes


@pytest.fixture(scope="module")
def project(signed_in: BrowserContext, studio: StudioServer) -> dict[str, Any]:
    return StudioApi(signed_in, studio.base_url).project("Two cameras", ["nose"])


def test_two_takes_of_two_cameras(
    page: Page, signed_in: BrowserContext, studio: StudioServer, folder: Path, project: dict[str, Any]
) -> None:
    api = StudioApi(signed_in, studio.base_url)

    def known(name: str) -> dict[str, Any]:
        rows = api.call("GET", f"/projects/{project['id']}/recordings")
        found: dict[str, Any] = next(row for row in rows if row["name"] == name)
        return found

    page.goto(f"/projects/{project['slug']}/recordings/")
    expect(page.get_by_text("No calibration yet.")).to_be_visible()

    # The proposal is shown, changed, and only then done.
    page.get_by_role("button", name=folder.parent.name, exact=True).click()
    page.get_by_role("button", name=folder.name, exact=True).click()
    page.get_by_role("button", name="Group into views").click()
    views = page.get_by_label("Recordings to register").get_by_label("View of")
    expect(views).to_have_count(4)
    assert [views.nth(n).input_value() for n in range(4)] == ["side", "top", "side", "top"]
    page.get_by_label("View of take3_side.mp4").fill("TOP")
    expect(page.get_by_role("button", name="Register 2 recordings")).to_be_disabled()
    page.get_by_label("View of take3_side.mp4").fill("front")
    page.get_by_role("button", name="Register 2 recordings").click()
    expect(page.get_by_text("2 recordings registered")).to_be_visible()

    # A view that cannot be read is told; the others are usable.
    expect(page.get_by_text("The other views can be used.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("link", name="Open take3")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("link", name="Open take4")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("ready", exact=True)).to_have_count(3, timeout=LONG_MS)

    # Offsets, seen again after a reload.
    page.get_by_role("button", name="Views and sync of take3").click()
    page.get_by_label("Tick of the first frame of front").fill("4")
    page.get_by_role("button", name="Save offsets").click()
    expect(page.get_by_text("starts at tick 4")).to_be_visible()
    assert known("take3")["sync_source"] == "offsets"
    page.reload()
    expect(page.get_by_text("starts at tick 4")).to_be_visible()

    # A table of another recording is refused and changes nothing.
    page.get_by_role("button", name="Views and sync of take3").click()
    page.get_by_text("Paste a sync table").click()
    table = {"ticks": 30, "views": {"top": [[0, 0, 30]], "front": [[0, 0, 14]]}}
    page.get_by_label("Sync table as JSON").fill(json.dumps(table))
    page.get_by_role("button", name="Use this table").click()
    expect(page.get_by_text("has 20 frames, but frame 29")).to_be_visible()
    assert known("take3")["sync_source"] == "offsets"

    # One camera too many, one too few: named; a rename brings the second together.
    file = {
        "name": "rig.json",
        "mimeType": "application/json",
        "buffer": json.dumps(make_rig("top", "side", "below").to_dict()).encode(),
    }
    page.get_by_label("Calibration file").set_input_files(file)  # type: ignore[arg-type]
    expect(page.get_by_text("3 cameras: top, side, below")).to_be_visible()
    page.get_by_label("Calibration of take3").select_option("rig")
    expect(page.get_by_text("The calibration has no camera 'front'")).to_be_visible()
    expect(page.get_by_text("no view for side, below")).to_be_visible()
    name = page.get_by_label("Name of view front")
    name.fill("side")
    name.press("Enter")
    expect(page.get_by_text("no view for below;")).to_be_visible()
    used = known("take3")["calibration"]
    assert [(row["view"], row["fit"]) for row in used["views"]] == [("side", "usable"), ("top", "usable")]

    # The sitting that it belongs to; and what 3D has to do without is named where 3D is made.
    page.get_by_label("Recording session of take3").select_option("new")
    page.get_by_label("Name of the new recording session").fill("Monday")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Monday · 2 views")).to_be_visible()
    assert known("take3")["session"] == "Monday"
    page.goto(f"/projects/{project['slug']}/results/")
    expect(page.get_by_text("no view for below")).to_be_visible()
    expect(page.get_by_text("View side could not be read and is left out.")).to_be_visible()
