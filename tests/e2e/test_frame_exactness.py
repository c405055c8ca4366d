"""Picture, frame number and labels belong together: at random seeks and in playback, on both paths."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer
from tests.fixtures.barcode import write_barcode_video

FRAMES = 240
WIDTH, HEIGHT = 320, 240
# Where frame n is labelled: neighbours in time lie 8 px apart, so that no mark covers another frame's place.
MARK_OF = "[24 + 9 * (n % 30), 96 + 14 * Math.floor(n / 30)]"
SEEKS = 300


def mark_of(frame: int) -> tuple[float, float]:
    return 24 + 9 * (frame % 30), 96 + 14 * (frame // 30)


@pytest.fixture(scope="module")
def studio_url(signed_in: BrowserContext, studio: StudioServer, media_root: Path) -> str:
    """Studio page of a barcode video whose every frame is labelled."""
    api = StudioApi(signed_in, studio.base_url)
    path = write_barcode_video(
        media_root / "barcode.mp4", FRAMES, width=WIDTH, height=HEIGHT, gop=60, b_frames=2
    )
    project = api.project("Exactness", ["mark"])
    video = api.register(project["id"], "barcode", path)
    api.place(video["id"], project["animals"][0]["id"], {n: mark_of(n) for n in range(FRAMES)})
    return f"/projects/{project['slug']}/videos/{video['id']}/studio/"


def open_studio(page: Page, url: str, kind: str) -> None:
    page.goto(url)
    page.locator("[data-presented-frame]").wait_for()
    page.get_by_test_id("source-choice").select_option(kind)
    expect(page.locator("[data-source-kind]")).to_have_attribute("data-source-kind", kind)
    # Labels of the whole video arrive in windows after the first picture; wait for the mark of this one.
    page.evaluate((Path(__file__).parent / "frame_probe.js").read_text(encoding="utf-8"), MARK_OF)
    page.wait_for_function("() => window.frameProbe.look().marked")
    page.evaluate("() => { window.frameProbe.samples = []; }")


def go_to(page: Page, frame: int) -> None:
    box = page.get_by_label("Frame, 0 to")
    box.fill(str(frame))
    box.press("Enter")
    page.wait_for_function(
        "(n) => Number(document.querySelector('[data-presented-frame]').dataset.presentedFrame) === n",
        arg=frame,
    )


def wrong_samples(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Moments at which the picture was not of the frame that is named, or the marks not those of it alone."""
    return [s for s in samples if s["barcode"] != s["presented"] or s["stale"] or not s["marked"]]


def expect_no_fall(page: Page, kind: str) -> None:
    """Frames come from where they were to come from, still: either path would show the right ones."""
    expect(page.locator("[data-source-kind]")).to_have_attribute("data-source-kind", kind)


@pytest.mark.parametrize("kind", ["webcodecs", "images"])
class TestFrameExactness:
    def test_random_seeks_show_the_frame_asked_for(self, page: Page, studio_url: str, kind: str) -> None:
        open_studio(page, studio_url, kind)
        draw = random.Random(11)
        for _ in range(SEEKS):
            frame = draw.randrange(FRAMES)
            go_to(page, frame)
            page.wait_for_function("() => window.frameProbe.look().marked")
            look = page.evaluate("() => window.frameProbe.look()")
            assert look["barcode"] == frame == look["presented"]
            assert not look["stale"]
        samples = page.evaluate("() => window.frameProbe.stop()")
        assert len(samples) > SEEKS / 2
        assert wrong_samples(samples) == []
        expect_no_fall(page, kind)

    def test_playback_never_mixes_frames(self, page: Page, studio_url: str, kind: str) -> None:
        open_studio(page, studio_url, kind)
        go_to(page, 0)
        page.evaluate("() => { window.frameProbe.samples = []; }")
        page.get_by_test_id("play").click()
        page.wait_for_function(
            "(n) => Number(document.querySelector('[data-presented-frame]').dataset.presentedFrame) === n",
            arg=FRAMES - 1,
            timeout=120_000,
        )
        samples = page.evaluate("() => window.frameProbe.stop()")
        shown = [s["presented"] for s in samples]
        assert len(set(shown)) > FRAMES / 8, f"playback showed only {len(set(shown))} of {FRAMES} frames"
        assert shown == sorted(shown)
        assert wrong_samples(samples) == []
        expect_no_fall(page, kind)
