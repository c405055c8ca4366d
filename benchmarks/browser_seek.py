"""How long a random seek takes in a real browser, from the key press to the frame on the screen.

    python -m benchmarks.browser_seek [--width 1280] [--height 1024] [--frames 480] [--seeks 300] [--views 4]

Starts the studio on a free port in a temporary folder, registers a rendered recording and a dense pattern (or
`--video`), opens each in Chromium and jumps to random frames on both paths: decoding in the browser
(WebCodecs) and pictures from the server. Prints median and 95th percentile by the page's own clock.

With `--views`, each recording has that many views, which are copies of its video, started a few ticks apart
so that no two of them show the same frame; a jump ends when all of them show its tick.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from sbea_engine.synth import load_recipe, render_recording
from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.studio_page import StudioPage
from tests.e2e.studio_server import StudioServer
from tests.fixtures.barcode import write_barcode_video

# Between the Enter key and the moment at which the studio has drawn the tick in all views; the page's clock.
WATCH = """() => {
  const root = document.querySelector("[data-presented-frame]");
  window.seekTimes = [];
  let since = 0, wanted = -1;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    since = performance.now();
    wanted = Number(event.target.value);
  }, true);
  new MutationObserver(() => {
    if (Number(root.dataset.presentedTick) !== wanted) return;
    window.seekTimes.push(performance.now() - since);
    wanted = -1;
  }).observe(root, { attributeFilter: ["data-presented-tick"] });
}"""


def seek_times_ms(page: Page, url: str, kind: str, *, ticks: int, seeks: int, seed: int) -> list[float]:
    """Time of each of `seeks` jumps to a random tick."""
    page.goto(url)
    desk = StudioPage(page)
    page.get_by_test_id("source-choice").select_option(kind)
    page.locator(f"[data-source-kind={kind}]").wait_for()
    page.evaluate(WATCH)
    draw = random.Random(seed)
    shown = desk.tick
    for _ in range(seeks):
        target = draw.randrange(ticks)
        if target != shown:
            desk.go_to(target)
            shown = target
    times: list[float] = page.evaluate("() => window.seekTimes")
    return times


def measure(server: StudioServer, videos: dict[str, Path], *, views: int, seeks: int, seed: int) -> None:
    """Register the videos in a new project, seek in each on both paths and print."""
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
            ticks = made["sync"]["ticks"]
            url = f"/projects/{project['slug']}/videos/{first['video_id']}/studio/"
            for kind in ("webcodecs", "images"):
                times = seek_times_ms(page, url, kind, ticks=ticks, seeks=seeks, seed=seed)
                p50, p95 = np.percentile(times, [50, 95])
                size = f"{first['width']}x{first['height']}"
                many = f"{views} views, " if views > 1 else ""
                words = f"{name}, {many}{size}, {kind}: {len(times)} seeks"
                print(f"{words}, p50 {p50:.0f} ms, p95 {p95:.0f} ms", flush=True)
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
