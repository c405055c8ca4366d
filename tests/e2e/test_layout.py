"""What lies over pages with several cameras covers nothing that is needed, in wide and in narrow windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Locator, Page

from tests.e2e.api import StudioApi
from tests.e2e.long_rig import LongRig, film_long_rig, predicted_recording
from tests.e2e.paced_job import CHUNK, PacedJob, paced_job
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer

WIDTHS = (1440, 1024, 800)
HEIGHT = 900
UNCUT = "(box) => box.scrollWidth <= box.clientWidth"
Story = tuple[dict[str, Any], dict[str, Any], int]


@pytest.fixture(scope="module")
def rig(media_root: Path) -> LongRig:
    return film_long_rig(media_root / "layout", ticks=2 * CHUNK)


@pytest.fixture(scope="module")
def story(signed_in: BrowserContext, studio: StudioServer, rig: LongRig) -> Story:
    return predicted_recording(
        StudioApi(signed_in, studio.base_url), studio, rig, "A rig whose name takes room"
    )


@pytest.fixture(scope="module")
def job(studio: StudioServer, rig: LongRig, story: Story) -> Iterator[PacedJob]:
    """It runs for as long as the tests of this module, and has poses to show."""
    _, recording, model = story
    with paced_job(studio, recording["id"], model, rig.truth) as paced:
        paced.write(CHUNK)
        yield paced
        paced.finish()


@pytest.fixture(scope="module")
def four_views(
    signed_in: BrowserContext, studio: StudioServer, media_root: Path
) -> Iterator[tuple[str, int]]:
    """Slug of a project, and a reconstruction of four cameras in it that runs."""
    rig = film_long_rig(media_root / "four", ticks=2 * CHUNK, cameras=4)
    api = StudioApi(signed_in, studio.base_url)
    project, recording, model = predicted_recording(api, studio, rig, "Four views")
    with paced_job(studio, recording["id"], model, rig.truth) as paced:
        paced.write(CHUNK)
        yield project["slug"], paced.reconstruction_id
        paced.finish()


def box_of(found: Locator) -> FloatRect:
    found.wait_for()
    box = found.bounding_box()
    assert box is not None
    return box


def overlap(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def inside(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] >= other["x"]
        and one["y"] >= other["y"]
        and one["x"] + one["width"] <= other["x"] + other["width"]
        and one["y"] + one["height"] <= other["y"] + other["height"]
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_what_runs_is_told_between_what_the_header_of_the_studio_tells(
    page: Page, story: Story, job: PacedJob, width: int
) -> None:
    project, recording, _ = story
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"/projects/{project['slug']}/videos/{recording['views'][0]['video_id']}/studio/")
    StudioPage(page)
    chip = box_of(page.get_by_role("link", name="Reconstruct A rig"))
    header = page.locator(".st-header")
    assert inside(chip, box_of(header))
    for other in header.locator(":scope > :not(.st-jobs)").all():
        assert not overlap(chip, box_of(other)), other.inner_text()
    assert page.locator(".st-jobs .num-text").evaluate(UNCUT), "the share that is done is cut"
    bar = box_of(header)
    assert page.get_by_role("button", name="Next frame").is_visible()
    assert inside(box_of(page.get_by_role("button", name="Next frame")), bar)


@pytest.mark.parametrize("width", [*WIDTHS, 640])
def test_panels_of_the_scene_stay_on_it_and_leave_its_tools_free(
    page: Page, story: Story, job: PacedJob, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"/projects/{story[0]['slug']}/reconstructions/{job.reconstruction_id}/")
    tools = page.locator(".sp-tools")
    stage = box_of(page.locator(".sp-stage"))
    for tool in tools.locator("select, button, summary").all():
        ground = tool.evaluate("(tool) => getComputedStyle(tool).backgroundColor")
        assert "rgba" not in ground, f"{tool.inner_text()} cannot be read over a dark picture"
    for name in ("Layers", "Keys"):
        tools.locator("summary", has_text=name).click()
        panel = tools.locator("details[open] fieldset")
        assert panel.count() == 1, "one lies over the other"
        assert inside(box_of(panel), stage), name
        for tool in tools.locator("select, button, summary").all():
            assert not overlap(box_of(panel), box_of(tool)), f"{name} covers {tool.inner_text()}"
        assert panel.evaluate(UNCUT), f"words of {name} are cut"


@pytest.mark.parametrize("width", [1440, 1024])
def test_four_views_are_seen_at_once_beside_the_scene(
    page: Page, four_views: tuple[str, int], width: int
) -> None:
    project, reconstruction = four_views
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"/projects/{project}/reconstructions/{reconstruction}/")
    page.locator("[data-testid=reconstruction]").wait_for()
    strip = box_of(page.locator(".sp-views"))
    views = page.locator(".sp-view").all()
    assert len(views) == 4
    for view in views:
        assert inside(box_of(view), strip)
        assert box_of(view.locator("canvas"))["height"] > 100, "nothing is recognised"
        assert not overlap(box_of(view.locator(".sp-picture")), box_of(view.locator("figcaption")))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bar_of_a_page_is_no_taller_while_something_runs(
    page: Page, story: Story, job: PacedJob, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"/projects/{story[0]['slug']}/people/")
    bar = page.locator(".bar")
    chip = bar.get_by_role("link", name="Reconstruct A rig")
    assert inside(box_of(chip), box_of(bar))
    assert chip.locator(".num-text").evaluate(UNCUT), "the share that is done is cut"
    running = box_of(bar)["height"]
    chip.evaluate("(chip) => chip.remove()")
    assert box_of(bar)["height"] == running


def test_a_wide_table_scrolls_in_its_card_and_not_the_page(page: Page, story: Story) -> None:
    page.set_viewport_size({"width": 420, "height": HEIGHT})
    page.goto(f"/projects/{story[0]['slug']}/recordings/")
    page.get_by_role("button", name="Views and sync of").wait_for()
    assert page.locator(".scroll-x").first.evaluate("(card) => card.scrollWidth > card.clientWidth")
    assert page.locator("html").evaluate(UNCUT)
