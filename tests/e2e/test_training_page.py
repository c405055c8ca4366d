"""A person trains, also beside what is labelled, goes on from a model, pauses, and resumes later."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer
from webapp.projects.demo_names import ONE_CAMERA

LONG_S = 500.0


@pytest.fixture(scope="module")
def api(signed_in: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(signed_in, studio.base_url)


@pytest.fixture(scope="module")
def project(api: StudioApi, studio: StudioServer) -> dict[str, Any]:
    """The demo project on a small recording, with its labels and a model."""
    studio.python("-m", "tests.e2e.small_demo")
    found: dict[str, Any] = next(p for p in api.call("GET", "/projects") if p["name"] == ONE_CAMERA)
    if not api.call("GET", f"/projects/{found['id']}")["counts"]["labelled_frames"]:
        api.call("POST", f"/projects/{found['id']}/demo-labels")
    wish = {"preset": "tiny", "holdout": "last:0.5", "name": "begun with"}
    made = api.call("POST", f"/projects/{found['id']}/models", wish)
    api.wait_for_job(made["job"]["id"], deadline_s=LONG_S)
    return found


@pytest.mark.timeout(1800)
def test_goes_on_pauses_and_resumes(
    page: Page, api: StudioApi, studio: StudioServer, project: dict[str, Any]
) -> None:
    models = f"/projects/{project['slug']}/models/"
    page.goto(models)
    page.get_by_label("Go on from begun with").check()
    expect(page.get_by_text("what begun with was tested on")).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("Last fifth"))).to_have_count(0)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("row", name=re.compile("paused"))).to_be_visible()

    model = api.call("GET", f"/projects/{project['id']}/models")[0]
    assert model["state"] == "paused"
    studio.stop()
    studio.start()
    page.goto(f"/projects/{project['slug']}/jobs/")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Paused"))
    expect(card.get_by_text(f"Train {model['name']}")).to_be_visible()

    page.goto(f"{models}{model['id']}/")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Trained and ready")).to_be_visible(timeout=LONG_S * 1000)
    parent = page.get_by_role("link", name="begun with")
    expect(parent).to_have_attribute("href", f"{models}{model['parent_id']}/")
    card_facts = api.call("GET", f"/models/{model['id']}")["card"]["data"]
    assert card_facts["start"]["name"] == "begun with"


@pytest.mark.timeout(1200)
def test_learns_from_unlabelled_video(page: Page, api: StudioApi, project: dict[str, Any]) -> None:
    models = f"/projects/{project['slug']}/models/"
    page.goto(models)
    page.get_by_label("Trial run").check()
    page.get_by_text(re.compile("^More")).click()
    around = page.get_by_role("radio", name=re.compile("^Two frames before and after as well"))
    expect(around).to_be_disabled()
    page.get_by_role("radio", name=re.compile("^Pyramid")).check()
    expect(around).to_be_enabled()
    page.get_by_role("radio", name=re.compile("^Unlabelled video as well")).check()
    (name,) = api.call("GET", f"/projects/{project['id']}/training-options")["unlabelled"]
    videos = page.get_by_role("group", name="Videos to look at without labels")
    button = page.get_by_role("button", name="Train", exact=True)
    videos.get_by_label(name).uncheck()
    expect(button).to_be_disabled()
    videos.get_by_label(name).check()
    expect(page.get_by_text("More · Pyramid, 1 unlabelled video")).to_be_visible()
    page.get_by_label("Name").fill("beside the labels")
    button.click()
    running = page.get_by_role("region", name="Training beside the labels")
    expect(running.get_by_role("heading", name="What it says")).to_be_visible(timeout=LONG_S * 1000)
    expect(running.get_by_role("img", name=re.compile("^Frame [0-9]+ of open field"))).not_to_have_count(0)
    known = api.call("GET", f"/projects/{project['id']}/models")
    model = next(one for one in known if one["name"] == "beside the labels")
    api.wait_for_job(model["job_id"], deadline_s=LONG_S)
    page.goto(f"{models}{model['id']}/")
    expect(
        page.get_by_text(re.compile(rf"^[0-9]+ frames without labels, of {re.escape(name)}$"))
    ).to_be_visible()
