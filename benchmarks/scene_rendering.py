"""How many pictures of the 3D scene a second a browser draws without a graphics card.

    python -m benchmarks.scene_rendering [--seconds 6] [--sizes 1280x800 640x400]

Builds the scene's test page in a temporary folder, opens it in headless Chromium on software rendering and
plays 8 animals of 30 keypoints at 60 ticks a second while the eye turns around them: without cameras, with
empty cameras, and with a new live image a camera every second tick. The first case only clears a canvas: what
Chromium itself needs for a picture. Prints the pictures a second that were drawn, the time between them, the
share of the screen's pixels a side that motion ended up with, and the processor time that a picture costs all
of the browser's processes together. The last hardly depends on what else the machine does; the others do.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings.test")

import psutil
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.scene_page import WEBGL_FLAGS, build_scene_page, serve_scene_page

ANIMALS = 8

PLAY = """async ({ seconds, cameras, images, animals, still, bare }) => {
  const { lab } = window;
  if (bare) return clear(seconds);
  const { scene, canvas, poses } = await lab.mount({ animals, theme: "dark" });
  scene.show({ cameras });
  const films = images
    ? lab.CAMERAS.map((camera) => [0, 20].map((tick) => lab.filmed(camera, animals, tick)))
    : [];
  const from = scene.viewpoint.orbit;
  await new Promise((resolve) => setTimeout(resolve, 500));
  await window.mark();
  const times = [];
  const started = performance.now();
  let before = null;
  await new Promise((resolve) => {
    const step = (now) => {
      if (before !== null) times.push(now - before);
      before = now;
      const elapsed = now - started;
      if (elapsed > seconds * 1000) return resolve();
      const tick = Math.floor(elapsed * 0.06) % 2000;
      scene.setTick(tick);
      if (!still) {
        const orbit = { ...from, azimuthDeg: (elapsed / 50) % 360 };
        scene.setViewpoint({ kind: "orbit", orbit, follow: null }, { smooth: false });
      }
      if (tick % 2 === 0) {
        films.forEach((pair, at) => scene.setViewImage(lab.CAMERAS[at].name, pair[(tick / 2) % 2]));
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const width = canvas.width;
  const { cost } = scene;
  scene.dispose();
  poses.dispose();
  return { times, share: width / canvas.clientWidth, calls: cost.drawCalls };

  async function clear(seconds) {
    const canvas = lab.freshCanvas();
    [canvas.width, canvas.height] = [canvas.clientWidth, canvas.clientHeight];
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: false });
    await window.mark();
    const times = [];
    const started = performance.now();
    let before = null;
    await new Promise((resolve) => {
      const step = (now) => {
        if (before !== null) times.push(now - before);
        before = now;
        if (now - started > seconds * 1000) return resolve();
        gl.clearColor((now / 1000) % 1, 0, 0, 1);
        gl.clear(gl.COLOR_BUFFER_BIT);
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
    return { times, share: 1, calls: 0 };
  }
}"""

CASES: tuple[tuple[str, dict[str, bool]], ...] = (
    ("clearing alone", {"cameras": False, "images": False, "bare": True}),
    ("animals only", {"cameras": False, "images": False}),
    ("empty cameras", {"cameras": True, "images": False}),
    ("live images", {"cameras": True, "images": True}),
    ("live images, eye at rest", {"cameras": True, "images": True, "still": True}),
)


def measure(browser: Browser, url: str, size: tuple[int, int], case: dict[str, bool], seconds: float) -> Any:
    """Run one case in a tab of its own."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    marks: list[float] = []
    page.expose_function("mark", lambda: marks.append(processor_s()))
    page.goto(url)
    found = page.evaluate(
        PLAY, {"still": False, "bare": False, **case, "seconds": seconds, "animals": ANIMALS}
    )
    found["cpu_ms"] = 1000 * (processor_s() - marks[0]) / max(1, len(found["times"]))
    page.close()
    return found


def processor_s() -> float:
    """Processor time of the browser's processes so far; those that ended are not counted."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.Error:
            continue
    return total


def describe(name: str, size: tuple[int, int], found: Any) -> str:
    """One line of figures; times without the first second, in which shaders are built."""
    times = found["times"]
    total = 0.0
    while times and total < 1000:
        total += times.pop(0)
    ordered = sorted(times)
    p50, p95 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    rate = 1000 * len(times) / sum(times)
    return (
        f"{size[0]}x{size[1]}, {name}: {rate:.0f} pictures/s, p50 {p50:.1f} ms, p95 {p95:.1f} ms, "
        f"{found['share']:.2f} of the pixels a side, {found['calls']} draw calls, "
        f"{found['cpu_ms']:.0f} ms of processor"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--sizes", nargs="+", default=["1280x800", "640x400"])
    asked = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit("This benchmark needs Chromium (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = build_scene_page(Path(place))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=WEBGL_FLAGS)
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        with serve_scene_page(folder) as url:
            for text in asked.sizes:
                width, height = (int(side) for side in text.split("x"))
                for name, case in CASES:
                    found = measure(browser, url, (width, height), case, asked.seconds)
                    print(describe(name, (width, height), found), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
