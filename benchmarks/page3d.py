"""How fast the 3D page is on a long recording: until the first skeleton, and until the tick that was asked.

    python -m benchmarks.page3d [--minutes 10] [--cameras 2] [--scrubs 100] [--opens 5] [--gpu]

Writes a recording of two mice in little detail (`tests/e2e/long_rig.py`: real videos of full length, and
predictions that are the truth with noise), registers it in a studio on a free port in a temporary folder and
has the studio's worker reconstruct it. Then Chromium opens the page, each time in a new context, at a random
tick, and goes from there to random ticks.

By the page's own clock. The first skeleton: from the start of the navigation to the task after the animation
frame that drew the poses. A scrub: from the Enter key behind a typed tick to the task after the animation
frame that drew the poses of that tick; the videos of the tick are drawn in the same frame or before. Scrubs
into a window of poses that the page does not hold yet are among all scrubs, and are printed by themselves.

The scene is drawn by the processor (SwiftShader), as on a machine without a graphics card, unless `--gpu`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.api import StudioApi
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.long_rig import film_long_rig, predicted_recording
from tests.e2e.scene_page import WEBGL_FLAGS
from tests.e2e.studio_server import StudioServer

FIRST_BAR_MS, SCRUB_BAR_MS = 2000, 150
WINDOW_TICKS = 512  # of the page's poses

# The scene tells the tick that it drew within the animation frame that drew it; a message that is posted then
# is the first task after that. The poses that wait in pale do not count: they do not change what is told.
WATCH = """() => {
  window.firstMs = null;
  window.scrubsMs = [];
  let since = 0, wanted = -1;
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => {
    if (data === null) window.firstMs ??= performance.now();
    else window.scrubsMs.push(performance.now() - data);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    since = performance.now();
    wanted = Number(event.target.value);
  }, true);
  const look = () => {
    const shown = document.querySelector("[data-testid=scene]")?.dataset.shownTick;
    if (shown === undefined) return;
    if (window.firstMs === null) port1.postMessage(null);
    if (Number(shown) !== wanted) return;
    wanted = -1;
    port1.postMessage(since);
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-shown-tick"],
  });
}"""


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


def first_skeleton_ms(page: Page, url: str) -> float:
    """Open the page and wait for the first poses."""
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.firstMs !== null", timeout=60_000)
    return float(page.evaluate("() => window.firstMs"))


def scrub_times_ms(page: Page, ticks: list[int]) -> list[float]:
    """Type one tick after the other, each when the one before is drawn."""
    box = page.get_by_role("spinbutton", name="Tick")
    for count, tick in enumerate(ticks, start=1):
        box.fill(str(tick))
        box.press("Enter")
        page.wait_for_function("(n) => window.scrubsMs.length === n", arg=count, timeout=60_000)
    times: list[float] = page.evaluate("() => window.scrubsMs")
    return times


def spread(times_ms: list[float]) -> str:
    """Count, median and 95th percentile in words."""
    if not times_ms:
        return "none"
    p50, p95 = np.percentile(times_ms, [50, 95])
    return f"{len(times_ms)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {max(times_ms):.0f} ms"


def measure(server: StudioServer, media: Path, asked: argparse.Namespace) -> None:
    """Make the recording, open it, scrub in it, print."""
    ticks = round(asked.minutes * 60 * 30)
    rig = film_long_rig(media / "long", ticks=ticks, cameras=asked.cameras)
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"] if asked.gpu else WEBGL_FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=flags)
        context = signed_in(browser, server)
        api = StudioApi(context, server.base_url)
        project, recording, model = predicted_recording(api, server, rig, "Long rig")
        made = api.call("POST", f"/recordings/{recording['id']}/reconstructions", {"model_id": model})
        api.wait_for_job(made["job"]["id"])
        url = f"/projects/{project['slug']}/reconstructions/{made['reconstruction']['id']}/"
        what = f"{ticks} ticks of {len(rig.individuals)} animals in {asked.cameras} views"
        draw = random.Random(asked.seed)
        state = context.storage_state()
        context.close()
        firsts, all_times, new_times = [], [], []
        for _ in range(asked.opens):
            start = draw.randrange(ticks)
            wanted = [
                tick for tick in draw.sample(range(ticks), asked.scrubs // asked.opens) if tick != start
            ]
            context = signed_in(browser, server, state)
            page = context.new_page()
            firsts.append(first_skeleton_ms(page, f"{url}?tick={start}"))
            times = scrub_times_ms(page, wanted)
            held = {start // WINDOW_TICKS}
            for tick, time_ms in zip(wanted, times, strict=True):
                if tick // WINDOW_TICKS not in held:
                    new_times.append(time_ms)
                held.add(tick // WINDOW_TICKS)
            all_times += times
            context.close()
        print(f"{what}: first skeleton {spread(firsts)} (bar {FIRST_BAR_MS} ms)")
        print(f"{what}: scrubs {spread(all_times)} (bar p95 {SCRUB_BAR_MS} ms)")
        print(f"{what}: of these into a new window of poses {spread(new_times)}", flush=True)
        browser.close()


def main() -> None:
    """Parse, measure, stop the studio whatever happens."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    for name, value in {"cameras": 2, "scrubs": 100, "opens": 5, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--gpu", action="store_true", help="draw with the machine's graphics card")
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
