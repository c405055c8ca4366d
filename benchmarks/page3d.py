"""How fast the 3D page is on a long recording: until the first skeleton, and until the tick that was asked.

    python -m benchmarks.page3d [--minutes 10] [--cameras 2] [--scrubs 100] [--opens 5]
                                [--graphics memory swiftshader card]

Writes a recording of two mice in little detail (`tests/e2e/long_rig.py`: real videos of full length, and
predictions that are the truth with noise), registers it in a studio on a free port in a temporary folder and
has the studio's worker reconstruct it. Then Chromium opens the page, each time in a new context, at a random
tick, and goes from there to random ticks.

The first skeleton counts from the start of the navigation, by the page's own clock. Scrubs are of two kinds,
half of them each, one kind after the other: a tick is typed and the Enter key pressed 100 ms later, or the
timeline is pressed at its place. Each begins at the time stamp of the key or of the pointer, when the pose
before it is on the screen. All have two ends:

- drawn: the task after the animation frame that drew the poses of that tick; the videos of the tick are drawn
  in the same frame or before. The browser has yet to put it on the screen.
- on the screen: when the browser says that it presented the picture of that frame (a mark on the page that is
  made in it, and Chromium's element timing). This is what a person sees, and what the bar is for.

Scrubs into a window of poses that the page does not hold yet are among all scrubs, and are printed by
themselves.

Without a graphics card the processor draws the scene (SwiftShader). The page around it is put together in one
of two ways, which are measured in turn: in memory (`--disable-gpu`), or by SwiftShader as well
(`--use-angle=swiftshader`), which copies the whole page back for every frame of it. `--graphics` chooses;
`card` is the machine's own.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.long_rig import LongRig, film_long_rig, predicted_recording
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.studio_server import StudioServer

FIRST_BAR_MS, SCRUB_BAR_MS = 2000, 150
WINDOW_TICKS = 512  # of the page's poses
GRAPHICS = {
    "memory": [*FLAGS, "--enable-unsafe-swiftshader"],
    "swiftshader": WEBGL_FLAGS,
    "card": [flag for flag in FLAGS if flag != "--disable-gpu"],
}

TYPED_REST_MS = 100  # from the last digit to the Enter key: what was typed is on the screen by then

# The scene tells the tick that it drew within the animation frame that drew it; a message that is posted then
# is the first task after that, and a mark that is appended then is painted in that frame. The poses that wait
# in pale do not count: they do not change what is told.
WATCH = """() => {
  window.first = {};
  window.scrubs = [];
  let wanted = -1, arrived = () => {};
  window.scrubbed = (count) => new Promise((resolve) => {
    const seen = () => window.scrubs.filter((one) => one.seenMs !== undefined).length;
    arrived = () => { if (seen() >= count) resolve(); };
    arrived();
  });
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => {
    if (data === "first") window.first.drawnMs = performance.now();
    else window.scrubs[data].drawnMs = performance.now() - window.scrubs[data].since;
  };
  new PerformanceObserver((list) => {
    for (const { identifier, renderTime } of list.getEntries()) {
      if (identifier === "first") {
        window.first.seenMs = renderTime;
        continue;
      }
      const scrub = window.scrubs[Number(identifier)];
      scrub.seenMs = renderTime - scrub.since;
      arrived();
    }
  }).observe({ type: "element", buffered: true });
  const mark = (name) => {
    port1.postMessage(name);
    const mark = document.createElement("span");
    mark.setAttribute("elementtiming", name);
    mark.textContent = "x";
    mark.style.cssText = "position: fixed; right: 0; bottom: 0; font-size: 8px; line-height: 8px";
    document.body.append(mark);
  };
  const begin = (event, tick) => {
    window.scrubs.push({ since: event.timeStamp, tick });
    wanted = tick;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter") begin(event, Number(event.target.value));
  }, true);
  document.addEventListener("pointerdown", (event) => {
    const line = event.target.closest?.(".sp-timeline");
    if (!line) return;
    const { left, width } = line.getBoundingClientRect();
    const ticks = Number(line.ariaValueMax) + 1;
    begin(event, Math.floor(((event.clientX - left) / width) * ticks));
  }, true);
  let first = true;
  const look = () => {
    const shown = document.querySelector("[data-testid=scene]")?.dataset.shownTick;
    if (shown === undefined) return;
    if (first) mark("first");
    first = false;
    if (Number(shown) !== wanted) return;
    wanted = -1;
    mark(window.scrubs.length - 1);
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-shown-tick"],
  });
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrub:
    """From the key or the pointer to the poses of the tick; `typed` is false for a press on the timeline."""

    typed: bool
    tick: int
    drawn_ms: float
    seen_ms: float


def signed_in(browser: Browser, server: StudioServer, state: Any = None) -> BrowserContext:
    """A context without a cache of pages before; `state` is that of one that has signed in."""
    context = browser.new_context(
        base_url=server.base_url, viewport={"width": 1440, "height": 900}, storage_state=state
    )
    context.add_init_script(f"({WATCH})()")
    if state is None:
        page = context.new_page()
        page.goto(server.sign_in_link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        page.close()
    return context


def first_skeleton_ms(page: Page, url: str) -> tuple[float, float]:
    """Open the page and wait for the first poses: when they were drawn, and when they were on the screen."""
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.first.seenMs !== undefined", timeout=60_000)
    first = page.evaluate("() => window.first")
    return first["drawnMs"], first["seenMs"]


def scrub_times_ms(page: Page, ticks: list[int], ticks_in_all: int) -> list[Scrub]:
    """Go to one tick after the other, each when the one before is on the screen."""
    box = page.get_by_role("spinbutton", name="Tick")
    line = page.get_by_role("slider", name="Tick").bounding_box()
    assert line is not None
    for count, tick in enumerate(ticks, start=1):
        if count <= len(ticks) // 2:
            box.fill(str(tick))
            page.wait_for_timeout(TYPED_REST_MS)
            box.press("Enter")
        else:
            page.mouse.move(line["x"] + (tick + 0.5) / ticks_in_all * line["width"], line["y"] + 20)
            page.mouse.down()
            page.mouse.up()
        page.evaluate("(count) => window.scrubbed(count)", count)
    found = page.evaluate("() => window.scrubs")
    return [
        Scrub(
            typed=count <= len(ticks) // 2,
            tick=one["tick"],
            drawn_ms=one["drawnMs"],
            seen_ms=one["seenMs"],
        )
        for count, one in enumerate(found, start=1)
    ]


def spread(times_ms: list[float]) -> str:
    """Count, median and 95th percentile in words."""
    if not times_ms:
        return "none"
    p50, p95 = np.percentile(times_ms, [50, 95])
    return f"{len(times_ms)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {max(times_ms):.0f} ms"


def measure(server: StudioServer, media: Path, asked: argparse.Namespace) -> None:
    """Make the recording, open it and scrub in it with each kind of graphics, print."""
    ticks = round(asked.minutes * 60 * 30)
    rig = film_long_rig(media / "long", ticks=ticks, cameras=asked.cameras)
    with sync_playwright() as playwright:
        url, state = "", None
        for graphics in asked.graphics:
            flags = GRAPHICS[graphics]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=flags)
            if state is None:
                context = signed_in(browser, server)
                url, state = reconstructed(context, server, rig), context.storage_state()
                context.close()
            what = f"{ticks} ticks of {len(rig.individuals)} animals in {asked.cameras} views, {graphics}"
            visit(browser, server, url, state, what, ticks, asked)
            browser.close()
    print(f"bars, on the screen: first skeleton {FIRST_BAR_MS} ms, scrub p95 {SCRUB_BAR_MS} ms", flush=True)


def reconstructed(context: BrowserContext, server: StudioServer, rig: LongRig) -> str:
    """Have the studio reconstruct the recording; returns the address of the page."""
    api = StudioApi(context, server.base_url)
    project, recording, model = predicted_recording(api, server, rig, "Long rig")
    made = api.call("POST", f"/recordings/{recording['id']}/reconstructions", {"model_id": model})
    api.wait_for_job(made["job"]["id"])
    return f"/projects/{project['slug']}/reconstructions/{made['reconstruction']['id']}/"


def visit(
    browser: Browser,
    server: StudioServer,
    url: str,
    state: StorageState,
    what: str,
    ticks: int,
    asked: argparse.Namespace,
) -> None:
    """Open the page some times and scrub in it; prints what it took.

    Raises:
        RuntimeError: This browser gives no WebGL, so there is no scene to measure.
    """
    draw = random.Random(asked.seed)
    firsts, scrubs, new = list[tuple[float, float]](), list[Scrub](), list[Scrub]()
    for _ in range(asked.opens):
        start = draw.randrange(ticks)
        wanted = [tick for tick in draw.sample(range(ticks), asked.scrubs // asked.opens) if tick != start]
        context = signed_in(browser, server, state)
        page = context.new_page()
        firsts.append(first_skeleton_ms(page, f"{url}?tick={start}"))
        if not page.evaluate("() => document.createElement('canvas').getContext('webgl2') !== null"):
            raise RuntimeError(f"{what}: this Chromium gives no WebGL.")
        times = scrub_times_ms(page, wanted, ticks)
        held = {start // WINDOW_TICKS}
        for scrub in times:
            if scrub.tick // WINDOW_TICKS not in held:
                new.append(scrub)
            held.add(scrub.tick // WINDOW_TICKS)
        scrubs += times
        context.close()
    for where, found_ms in zip(("drawn", "on the screen"), zip(*firsts, strict=True), strict=True):
        print(f"{what}: first skeleton, {where} {spread(list(found_ms))}")
    kinds = {
        "scrubs": scrubs,
        "of these typed": [one for one in scrubs if one.typed],
        "of these pressed on the timeline": [one for one in scrubs if not one.typed],
        "of these into a new window of poses": new,
    }
    for kind, found in kinds.items():
        print(f"{what}: {kind}, drawn {spread([one.drawn_ms for one in found])}")
        print(f"{what}: {kind}, on the screen {spread([one.seen_ms for one in found])}", flush=True)


def main() -> None:
    """Parse, measure, stop the studio whatever happens."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    for name, value in {"cameras": 2, "scrubs": 100, "opens": 5, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--graphics", nargs="+", choices=GRAPHICS, default=["memory", "swiftshader"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        media = Path(folder) / "media"
        media.mkdir()
        server = StudioServer(Path(folder) / "data", media_roots=[media])
        server.start()
        try:
            measure(server, media, asked)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
