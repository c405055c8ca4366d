"""Several views in step: every view at the tick that is shown, with its own labels, on both paths."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from sbea_engine.data.sync import SyncTable
from tests.e2e.api import StudioApi
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from tests.fixtures.barcode import write_barcode_video

TICKS = 200
WIDTH, HEIGHT = 320, 240
SEEKS = 300
VIEWS = ("ceiling", "left", "right", "front")
# Where frame n of a view is labelled: neighbours in time lie 9 px apart.
MARK_OF = "[24 + 9 * (n % 30), 96 + 14 * Math.floor(n / 30)]"


def mark_of(frame: int) -> tuple[float, float]:
    return 24 + 9 * (frame % 30), 96 + 14 * (frame // 30)


def sync_document() -> dict[str, Any]:
    """`ceiling` has every tick; `left` starts late, `right` ends early, `left` and `front` drop frames."""
    draw = random.Random(5)
    views: dict[str, list[list[int]]] = {"ceiling": [[0, 0, TICKS]], "right": [[0, 7, 171]]}
    for view, start in (("left", 23), ("front", 4)):
        runs, tick, frame = [], start, 0
        while tick < TICKS:
            length = min(draw.randrange(3, 30), TICKS - tick)
            runs.append([tick, frame, length])
            tick += length + draw.randrange(1, 4)
            frame += length + draw.choice((0, 0, 2))
        views[view] = runs
    return {"ticks": TICKS, "views": {view: views[view] for view in VIEWS}}


TABLE = SyncTable.from_dict(sync_document())


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A registered recording of four barcode videos whose every frame is labelled."""

    slug: str
    videos: dict[str, int]
    animal_id: int

    def url(self, view: str = "ceiling", **query: int) -> str:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"/projects/{self.slug}/videos/{self.videos[view]}/studio/?{text}"


@pytest.fixture(scope="module")
def api(signed_in: BrowserContext, studio: StudioServer) -> StudioApi:
    return StudioApi(signed_in, studio.base_url)


@pytest.fixture(scope="module")
def rig(api: StudioApi, media_root: Path) -> Rig:
    folder = media_root / "views"
    folder.mkdir()
    files = {}
    for view in VIEWS:
        count = int(TABLE.frames_of(view).max()) + 1
        files[view] = write_barcode_video(folder / f"{view}.mp4", count, width=WIDTH, height=HEIGHT)
    project = api.project("Views", ["mark", "other"])
    recording = api.register_views(project["id"], "four views", files, sync_document())
    videos = {view["view"]: view["video_id"] for view in recording["views"]}
    animal_id = project["animals"][0]["id"]
    for view in VIEWS:
        frames = [int(f) for f in TABLE.frames_of(view) if f >= 0]
        api.place(videos[view], animal_id, {n: mark_of(n) for n in frames})
    return Rig(slug=project["slug"], videos=videos, animal_id=animal_id)


def open_rig(page: Page, rig: Rig, kind: str) -> StudioPage:
    """The four views with their marks, all from one kind of source, and a probe that watches."""
    page.goto(rig.url(tick=60))
    page.evaluate("() => localStorage.clear()")
    page.reload()
    desk = StudioPage(page)
    page.get_by_test_id("source-choice").select_option(kind)
    expect(page.locator(f".st-cell[data-source={kind}]")).to_have_count(len(VIEWS))
    watch(page)
    return desk


def watch(page: Page) -> None:
    """Look at every animation frame from now on, at which all marks are there."""
    page.evaluate((Path(__file__).parent / "views_probe.js").read_text(encoding="utf-8"), MARK_OF)
    wait_for_marks(page)
    page.evaluate("() => { viewsProbe.samples = []; }")


def wait_for_marks(page: Page) -> None:
    """Labels arrive after the first picture, and overlays follow in the next animation frame."""
    page.wait_for_function(
        "() => Object.values(viewsProbe.look().views).every((v) => v.barcode === null || v.marked)"
    )


def expected(tick: int) -> dict[str, int | None]:
    return {view: int(f) if (f := TABLE.frames_of(view)[tick]) >= 0 else None for view in VIEWS}


def wrong_samples(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Moments at which a view showed anything but its frame of the tick with that frame's marks alone."""
    return [s for s in samples if not _is_right(s)]


def _is_right(sample: dict[str, Any]) -> bool:
    views = sample["views"]
    seen = {view: looked["barcode"] for view, looked in views.items()}
    said = {view: None if v["said"] == "none" else int(v["said"]) for view, v in views.items()}
    marked = {view for view, looked in views.items() if looked["marked"]}
    stale = any(looked["stale"] for looked in views.values())
    wanted = expected(sample["tick"])
    return seen == said == wanted and marked == {v for v, f in wanted.items() if f is not None} and not stale


def assert_forward(samples: list[dict[str, Any]]) -> None:
    """Playback shows many a tick, and goes back to none."""
    ticks = [s["tick"] for s in samples]
    assert len(set(ticks)) > TICKS / 8, f"playback showed only {len(set(ticks))} of {TICKS} ticks"
    assert ticks == sorted(ticks)


def play_to_the_end(page: Page, *, last: int = TICKS - 1) -> None:
    page.get_by_test_id("play").click()
    page.wait_for_function(
        "(n) => Number(document.querySelector('[data-presented-tick]').dataset.presentedTick) === n",
        arg=last,
        timeout=180_000,
    )


@pytest.mark.parametrize("kind", ["webcodecs", "images"])
class TestFourViewsInStep:
    def test_random_seeks_show_one_tick_in_all_views(self, page: Page, rig: Rig, kind: str) -> None:
        desk = open_rig(page, rig, kind)
        draw = random.Random(12)
        for _ in range(SEEKS):
            tick = draw.randrange(TICKS)
            desk.go_to(tick)
            wait_for_marks(page)
            look = page.evaluate("() => viewsProbe.look()")
            assert look["tick"] == tick
            assert wrong_samples([look]) == []
        samples = page.evaluate("() => viewsProbe.stop()")
        assert len(samples) > SEEKS / 2
        assert {len(s["views"]) for s in samples} == {len(VIEWS)}
        assert wrong_samples(samples) == []
        assert desk.source_kinds() == dict.fromkeys(VIEWS, kind)

    def test_playback_keeps_all_views_together(self, page: Page, rig: Rig, kind: str) -> None:
        desk = open_rig(page, rig, kind)
        desk.go_to(0)
        page.evaluate("() => { viewsProbe.samples = []; }")
        play_to_the_end(page)
        samples = page.evaluate("() => viewsProbe.stop()")
        assert_forward(samples)
        assert wrong_samples(samples) == []
        assert desk.source_kinds() == dict.fromkeys(VIEWS, kind)


class TestReadingAhead:
    def test_views_read_on_while_nobody_waits_one_after_the_other(
        self, page: Page, api: StudioApi, studio: StudioServer, rig: Rig
    ) -> None:
        """Each view asks at once for what its picture needs; the rest comes by one request at a time."""
        asked: dict[str, list[int]] = {view: [] for view in VIEWS}
        views = {str(video): view for view, video in rig.videos.items()}
        held: list[Route] = []

        def hold(route: Route) -> None:
            found = re.search(r"/media/videos/(\d+)/", route.request.url)
            assert found is not None
            first, last = map(int, route.request.headers["range"].removeprefix("bytes=").split("-"))
            sizes = asked[views[found[1]]]
            sizes.append(last - first + 1)
            if len(sizes) > 1:
                held.append(route)
            else:  # the first of a view is what its picture waits for
                route.continue_()

        page.add_init_script("localStorage.removeItem('sbea.player.source')")
        page.route(re.compile(r"/media/videos/\d+/.*proxy\.mp4"), hold)
        page.goto(rig.url(tick=60))
        desk = StudioPage(page)
        desk.wait_for_tick(60)
        expect(page.locator(".st-cell[data-source=webcodecs]")).to_have_count(len(VIEWS))
        sizes = {}
        for view, video in rig.videos.items():
            url = studio.base_url + api.call("GET", f"/videos/{video}")["proxy_url"]
            answer = page.context.request.get(url, headers={"Range": "bytes=0-0"})
            sizes[view] = int(answer.headers["content-range"].rpartition("/")[2])
        for _ in range(200):
            if all(sum(asked[view]) > 0.9 * sizes[view] for view in VIEWS):
                break
            page.wait_for_timeout(100)  # long enough for a second one to come, if there were one
            assert len(held) <= 1
            for route in held:
                route.continue_()
            held.clear()
        else:
            pytest.fail(f"read {asked} of {sizes}")


class TestOneViewInTrouble:
    def test_falls_over_to_pictures_without_breaking_the_others(self, page: Page, rig: Rig) -> None:
        def garbage(route: Route) -> None:
            route.fulfill(body=b"not an index", content_type="application/octet-stream")

        # What an earlier test chose for this browser, pictures, would make them the rule here.
        page.add_init_script("localStorage.removeItem('sbea.player.source')")
        page.route(re.compile(rf"/media/videos/{rig.videos['left']}/.*frames\.bin"), garbage)
        page.goto(rig.url(tick=30))
        desk = StudioPage(page)
        desk.wait_for_tick(30)
        expect(desk.cell("left")).to_have_attribute("data-source", "images")
        for view in ("ceiling", "right", "front"):
            expect(desk.cell(view)).to_have_attribute("data-source", "webcodecs")
        expect(page.get_by_test_id("note").filter(has_text="single pictures of left")).to_be_visible()
        watch(page)
        play_to_the_end(page)
        samples = page.evaluate("() => viewsProbe.stop()")
        assert {len(s["views"]) for s in samples} == {len(VIEWS)}
        assert wrong_samples(samples) == []
        assert desk.source_kinds() == {view: "images" if view == "left" else "webcodecs" for view in VIEWS}


class TestWorkingInSeveralViews:
    def test_a_link_opens_exactly_that_view_and_tick(self, page: Page, rig: Rig) -> None:
        page.goto(rig.url("front", tick=150))
        desk = StudioPage(page)
        desk.wait_for_tick(150)
        expect(desk.cell("front")).to_have_attribute("data-active", "true")
        page.get_by_test_id("views").get_by_role("button", name=re.compile("^left")).click()
        desk.go_to(120)
        page.wait_for_url(f"**{rig.url('left', tick=120)}")
        page.reload()
        desk = StudioPage(page)
        desk.wait_for_tick(120)
        expect(desk.cell("left")).to_have_attribute("data-active", "true")

    def test_an_address_of_one_video_still_opens_its_frame(self, page: Page, rig: Rig) -> None:
        frame = int(TABLE.frames_of("left")[90])
        page.goto(rig.url("left", frame=frame))
        desk = StudioPage(page)
        desk.wait_for_tick(90)
        assert desk.frame == frame

    def test_a_click_places_the_armed_keypoint_in_the_view_that_is_clicked(
        self, page: Page, api: StudioApi, rig: Rig
    ) -> None:
        tick = 100
        frames = {view: int(TABLE.frames_of(view)[tick]) for view in VIEWS}
        assert min(frames["left"], frames["right"]) >= 0
        page.goto(rig.url("ceiling", tick=tick))
        desk = StudioPage(page)
        desk.wait_for_tick(tick)
        page.locator("[data-keypoint='1']").click()
        for view, x in (("right", 200), ("left", 210)):
            desk.click(x, 200, view)
            expect(desk.cell(view)).to_have_attribute("data-active", "true")
            desk.expect_visibility(1, "visible")
            desk.expect_saved()
            rows = api.call(
                "GET",
                f"/videos/{rig.videos[view]}/labels?start={frames[view]}&stop={frames[view] + 1}",
            )
            assert rows[0]["keypoints"][1]["x"] == pytest.approx(x, abs=0.8)
            page.keyboard.press("]")  # another view is active before the next click
        row = page.locator("[data-view-row=ceiling]")
        expect(row).to_contain_text("1 missing")
        expect(page.locator("[data-view-row=left]")).to_contain_text("complete")

    def test_hidden_views_are_not_fetched_and_stay_hidden(self, page: Page, rig: Rig) -> None:
        # So that nothing is read ahead, and a jump asks for what it shows.
        page.context.new_cdp_session(page).send("Emulation.setDataSaverOverride", {"dataSaverEnabled": True})
        page.goto(rig.url(tick=60))
        desk = StudioPage(page)
        for view in ("left", "front"):
            page.get_by_role("button", name=f"Hide {view}").click()
        expect(page.locator(".st-cell")).to_have_count(2)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        desk.go_to(140)
        for _ in range(100):  # requests of the worker that decodes are told a little later than its pictures
            if any(f"/media/videos/{rig.videos['right']}/" in url for url in asked):
                break
            page.wait_for_timeout(50)
        else:
            pytest.fail(f"asked for {asked}")
        for view in ("left", "front"):
            assert not any(f"/media/videos/{rig.videos[view]}/" in url for url in asked)
        page.reload()
        StudioPage(page)
        expect(page.locator(".st-cell")).to_have_count(2)
        page.get_by_role("button", name="Show left").click()
        expect(page.locator(".st-cell")).to_have_count(3)

    def test_one_view_large_is_remembered(self, page: Page, rig: Rig) -> None:
        page.goto(rig.url(tick=60))
        page.evaluate("() => localStorage.clear()")
        page.reload()
        desk = StudioPage(page)
        desk.press("]")
        expect(desk.cell("left")).to_have_attribute("data-active", "true")
        desk.press("e")
        widths = view_widths(desk)
        assert all(widths["left"] > 1.8 * widths[view] for view in VIEWS if view != "left")
        page.reload()
        assert view_widths(StudioPage(page)) == pytest.approx(widths)
        desk.press("e")  # it is large already, so now all are alike
        assert view_widths(desk)["left"] == pytest.approx(view_widths(desk)["right"], rel=0.05)


def view_widths(desk: StudioPage) -> dict[str, float]:
    boxes = {view: desk.cell(view).bounding_box() for view in VIEWS}
    return {view: box["width"] for view, box in boxes.items() if box is not None}
