"""How long a random seek takes in a real browser, from the key press until the page has drawn the frame.

    python -m benchmarks.browser_seek [--width 1280] [--height 1024] [--frames 480] [--seeks 300] [--views 4]

Starts the studio on a free port in a temporary folder, registers a rendered recording and a dense pattern
(or `--video`), opens each in Chromium and jumps to random frames in three ways: decoding in the browser
(WebCodecs); the same with a browser that is told to save data, in which the page reads no bytes ahead; and
pictures from the server. Prints median and 95th percentile by the page's own clock.

The number is typed, and painted, before the clock starts; the next jump follows at once on the one before.
The clock runs from the Enter key to the first task of the page after the animation frame that drew the
tick: drawing, layout, flushing the canvas and painting on the page's thread count. What the browser's
compositor does afterwards, on other threads, does not.

Jumps to a new group are among all jumps, and are printed by themselves as well: some view shows a frame of
a group of pictures (key frame to key frame) of which nothing was shown since the page was opened. Where
nothing is read ahead its bytes must be read then; a jump to any other group finds them in the page, as long
as they fit its memory, and often the frame. The longer the recording, the rarer those are. On the path of
pictures a frame is its own group.

With `--views`, each recording has that many views, which are copies of its video, started a few ticks apart
so that no two of them show the same frame; a jump ends when all of them show its tick.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, sync_playwright

from sbea_engine.data.sync import SyncTable
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.video.proxy_files import RECORD
from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from tests.fixtures.barcode import write_barcode_video

# The observer runs within the animation frame that draws the tick, before the page is painted; a message that
# it posts is the first task after that. The start of the jump travels along: the next may begin before.
WATCH = """() => {
  const root = document.querySelector("[data-presented-frame]");
  window.seekTimes = [];
  let since = 0, wanted = -1;
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => window.seekTimes.push(performance.now() - data);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    since = performance.now();
    wanted = Number(event.target.value);
  }, true);
  new MutationObserver(() => {
    if (Number(root.dataset.presentedTick) !== wanted) return;
    wanted = -1;
    port1.postMessage(since);
  }).observe(root, { attributeFilter: ["data-presented-tick"] });
}"""

# What was typed is on the screen: a task after the next animation frame but one.
PAINTED = """() => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
})"""


@dataclass(frozen=True)
class Way:
    """Where frames come from, by the page's own name, and whether the browser says that it saves data."""

    kind: str
    saves_data: bool = False

    def __str__(self) -> str:
        return f"{self.kind}, nothing read ahead" if self.saves_data else self.kind


WAYS = (Way("webcodecs"), Way("webcodecs", saves_data=True), Way("images"))


def seek_times_ms(
    page: Page, url: str, way: Way, groups: NDArray[np.int64], *, seeks: int, seed: int
) -> tuple[list[float], list[bool]]:
    """Time of each of `seeks` jumps to a random tick, and whether it led to a new group.

    Args:
        page: Signed in.
        url: Of the studio.
        way: In which the frames shall come.
        groups: (view, tick), the group of the frame that each view shows at each tick.
        seeks: Jumps; those few that would lead to the tick on screen are left out.
        seed: Of the jumps.

    Raises:
        RuntimeError: A view does not get its frames from there, or no longer.
    """
    settings = page.context.new_cdp_session(page)
    settings.send("Emulation.setDataSaverOverride", {"dataSaverEnabled": way.saves_data})
    page.goto(url)
    desk = StudioPage(page)
    page.get_by_test_id("source-choice").select_option(way.kind)
    page.locator(f"[data-source-kind={way.kind}]").wait_for()
    page.evaluate(WATCH)
    draw = random.Random(seed)
    shown = [desk.tick]
    for _ in range(seeks):
        target = draw.randrange(groups.shape[1])
        if target != shown[-1]:
            desk.type_number(target)
            page.evaluate(PAINTED)
            desk.enter_number(target)
            shown.append(target)
    page.wait_for_function("(n) => window.seekTimes.length === n", arg=len(shown) - 1)
    kinds = desk.source_kinds()
    if set(kinds.values()) != {way.kind}:
        raise RuntimeError(f"{way} was to be measured, and after the jumps the views are on {kinds}")
    settings.detach()
    times: list[float] = page.evaluate("() => window.seekTimes")
    return times, led_to_new_groups(groups, shown)


def led_to_new_groups(groups: NDArray[np.int64], shown: Sequence[int]) -> list[bool]:
    """Of each tick after the first, whether some view then showed a group for the first time."""
    found = []
    seen = [{int(group)} for group in groups[:, shown[0]]]
    for tick in shown[1:]:
        here = [int(group) for group in groups[:, tick]]
        found.append(any(group not in before for group, before in zip(here, seen, strict=True)))
        for group, before in zip(here, seen, strict=True):
            before.add(group)
    return found


def groups_by_tick(context: BrowserContext, recording: dict[str, Any], kind: str) -> NDArray[np.int64]:
    """Group of the frame that each view shows, (view, tick): by the proxy's key frames, or frame by frame."""
    table = SyncTable.from_dict(recording["sync"])
    rows = []
    for view in recording["views"]:
        frames = table.frames_of(view["view"])
        if kind == "webcodecs":
            index = np.frombuffer(context.request.get(view["index_url"]).body(), dtype=RECORD)
            frames = np.cumsum(index["key"].astype(np.int64))[frames]
        rows.append(frames)
    return np.stack(rows).astype(np.int64)


def spread(times_ms: Sequence[float]) -> str:
    """Median and 95th percentile in words."""
    if not times_ms:
        return "none"
    p50, p95 = np.percentile(times_ms, [50, 95])
    return f"{len(times_ms)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms"


def measure(server: StudioServer, videos: dict[str, Path], *, views: int, seeks: int, seed: int) -> None:
    """Register the videos in a new project, seek in each in all ways and print."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        context = browser.new_context(base_url=server.base_url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(server.sign_in_link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        api = StudioApi(context, server.base_url)
        project = api.project("Seek", ["mark"])
        for name, video in videos.items():
            files = copies(video, views)
            made = api.register_views(project["id"], name, files)
            first = made["views"][0]
            if views > 1:
                sync = staggered(list(files), first["frame_count"])
                made = api.call("PUT", f"/recordings/{made['id']}/sync", {"table": sync})
            url = f"/projects/{project['slug']}/videos/{first['video_id']}/studio/"
            for way in WAYS:
                groups = groups_by_tick(context, made, way.kind)
                times, is_new = seek_times_ms(page, url, way, groups, seeks=seeks, seed=seed)
                new = [time for time, fresh in zip(times, is_new, strict=True) if fresh]
                many = f"{views} views, " if views > 1 else ""
                what = f"{name}, {many}{first['width']}x{first['height']}, {way}"
                print(f"{what}: all jumps {spread(times)}; to a new group {spread(new)}", flush=True)
        browser.close()


def copies(video: Path, views: int) -> dict[str, Path]:
    """The video as so many views; files of their own, as cameras would have written them."""
    found = {"cam-1": video}
    for number in range(2, views + 1):
        copy = video.with_stem(f"{video.stem}-{number}")
        copy.write_bytes(video.read_bytes())
        found[f"cam-{number}"] = copy
    return found


def staggered(views: list[str], frames: int) -> dict[str, object]:
    """A table of ticks in which each view is three frames ahead of the one before; all have every tick."""
    ticks = frames - 3 * (len(views) - 1)
    return {"ticks": ticks, "views": {view: [[0, 3 * i, ticks]] for i, view in enumerate(views)}}


def rendered(folder: Path, *, width: int, height: int, frames: int) -> Path:
    """A mouse in an open field, as the demo shows it, at this size."""
    recipe = load_recipe("solo")
    cameras = recipe.cameras.model_copy(update={"width": width, "height": height})
    recipe = recipe.model_copy(update={"cameras": cameras})
    render_recording(recipe, frames=frames, seed=1, labels=1, out=folder)
    return folder / "ceiling.mp4"


def barcodes(folder: Path, *, width: int, height: int, frames: int) -> Path:
    """A dense pattern, worse to decode than a recording."""
    folder.mkdir()
    return write_barcode_video(folder / "barcode.mp4", frames, width=width, height=height)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = {"width": 1280, "height": 1024, "frames": 480, "seeks": 300, "seed": 1, "views": 1}
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--video", type=Path, help="A recording of yours instead of the two made here.")
    asked = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("This benchmark needs Chromium (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if asked.video:
            videos = {asked.video.name: asked.video.resolve()}
        else:
            size = {"width": asked.width, "height": asked.height, "frames": asked.frames}
            videos = {"rendered mouse": rendered(folder / "rendered", **size)}
            videos["barcodes"] = barcodes(folder / "barcodes", **size)
        server = StudioServer(folder / "data", media_roots=[video.parent for video in videos.values()])
        server.start()
        try:
            measure(server, videos, views=asked.views, seeks=asked.seeks, seed=asked.seed)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
