"""A person takes labels and predictions away: as COCO, and as a table."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_S = 500.0


@pytest.fixture
def project(signed_in: BrowserContext, studio: StudioServer) -> dict[str, Any]:
    """The demo project on a small recording, with its labels, and a model that ran over it."""
    api = StudioApi(signed_in, studio.base_url)
    studio.python("-m", "tests.e2e.small_demo")
    found: dict[str, Any] = next(p for p in api.call("GET", "/projects") if p["name"] == ONE_CAMERA)
    path = f"/projects/{found['id']}"
    if not api.call("GET", path)["counts"]["labelled_frames"]:
        api.call("POST", f"{path}/demo-labels")
    wish = {"preset": "tiny", "family": "pyramid", "holdout": "none", "name": "to take away"}
    made = api.call("POST", f"{path}/models", wish)
    api.wait_for_job(made["job"]["id"], deadline_s=LONG_S)
    [recording] = api.call("GET", f"{path}/recordings")
    run = api.call(
        "POST", f"/models/{made['model']['id']}/predictions", {"video_id": recording["videos"][0]["id"]}
    )
    api.wait_for_job(run["job"]["id"], deadline_s=LONG_S)
    return found


@pytest.mark.timeout(1800)
def test_labels_as_coco_and_predictions_as_a_table(
    page: Page, project: dict[str, Any], tmp_path: Path
) -> None:
    page.goto(f"/projects/{project['slug']}/results/")
    page.get_by_role("button", name="Export the labels …").click()
    menu = page.get_by_role("dialog", name="Export the labels")
    expect(menu.get_by_role("button", name="Export", exact=True)).to_be_disabled()
    menu.get_by_role("radio", name=re.compile("^COCO keypoints")).check()
    menu.get_by_role("button", name="Export", exact=True).click()
    row = page.get_by_role("row", name=re.compile("^Labels as COCO keypoints"))
    with page.expect_download() as coming:
        row.get_by_role("link", name="Download").click(timeout=60_000)
    coming.value.save_as(tmp_path / "labels.zip")
    packed = zipfile.ZipFile(tmp_path / "labels.zip")
    [document] = [json.loads(packed.read(n)) for n in packed.namelist() if n.endswith("annotations.json")]
    assert len(document["images"]) > 5
    assert document["categories"][0]["keypoints"][0] == "snout"

    result = page.get_by_role("row", name=re.compile("to take away"))
    result.get_by_role("button", name="Export …").click()
    menu = page.get_by_role("dialog", name=re.compile("^Export what to take away says"))
    menu.get_by_role("radio", name=re.compile("^CSV, a row a keypoint")).check()
    menu.get_by_role("button", name="Export", exact=True).click()
    row = page.get_by_role("row", name=re.compile("^Predictions as CSV, a row a keypoint"))
    with page.expect_download() as coming:
        row.get_by_role("link", name="Download").click(timeout=60_000)
    assert coming.value.suggested_filename == "open-field-to-take-away.csv"
    coming.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {"video", "frame", "individual", "keypoint", "x", "y"} <= set(rows[0])
    assert len(rows) == 90 * 10
