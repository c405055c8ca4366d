"""The 3D scene in Chromium on software rendering, against second ways to the same figures."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright

from tests.e2e.conftest import CHROMIUM
from tests.e2e.scene_page import WEBGL_FLAGS, build_scene_page, serve_scene_page

SIZE = {"width": 640, "height": 480}
MOUNTS = 50


@pytest.fixture(scope="module")
def scene_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = build_scene_page(tmp_path_factory.mktemp("scene-page"))
    with serve_scene_page(folder) as url:
        yield url


@pytest.fixture(scope="module")
def webgl_browser(driver: Playwright) -> Iterator[Browser]:
    flags = [*WEBGL_FLAGS, "--js-flags=--expose-gc"]
    chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=flags)
    yield chromium
    chromium.close()


@pytest.fixture
def tab(webgl_browser: Browser, scene_url: str) -> Iterator[Page]:
    page = webgl_browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # The content policy of the studio: what it blocks is told on the console.
    page.on("console", lambda m: problems.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(scene_url)
    yield page
    page.close()
    assert not problems, f"errors in the page: {problems}"


def mount(page: Page, wish: str = "{}") -> None:
    page.evaluate(f"async () => {{ window.now = await lab.mount({wish}); }}")


def picture(page: Page) -> NDArray[np.uint8]:
    """What is on the screen, uint8 (height, width, 3), after two animation frames."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def colourful(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels of animals: all else in the scene is grey."""
    wide = pixels.astype(int)
    return np.asarray(wide.max(axis=2) - wide.min(axis=2) > 40)


def pixel_of(camera: dict[str, Any], point: list[float]) -> NDArray[np.float64]:
    """On the canvas, by K, R and t and nothing else; the image is fitted into the canvas."""
    seen = np.array(camera["R"]) @ point + camera["t"]
    u, v, w = np.array(camera["K"]) @ seen
    scale = min(SIZE["width"] / camera["width"], SIZE["height"] / camera["height"])
    left = (SIZE["width"] - scale * camera["width"]) / 2
    top = (SIZE["height"] - scale * camera["height"]) / 2
    return np.array([(u / w + 0.5) * scale + left, (v / w + 0.5) * scale + top])


class TestDrawing:
    def test_looking_through_a_camera_draws_each_joint_where_it_projects(self, tab: Page) -> None:
        mount(tab, "{ animals: 1 }")
        tab.evaluate("() => now.scene.show({ bones: false, trails: false, sigma: false })")
        cameras = tab.evaluate("() => lab.CAMERAS")
        pose = tab.evaluate("() => Array.from(lab.walk(1, 0, 1))")
        tip = 9  # the tail's end stands apart from the other joints
        assert tab.evaluate("() => lab.KEYPOINTS[9]") == "tail 4"
        for camera in cameras:
            tab.evaluate("(name) => now.scene.lookThrough(name)", camera["name"])
            expected = pixel_of(camera, pose[4 * tip : 4 * tip + 3])
            rows, columns = np.nonzero(colourful(picture(tab)))
            near = np.hypot(columns + 0.5 - expected[0], rows + 0.5 - expected[1]) < 6
            assert near.sum() >= 8
            centre = np.array([columns[near].mean() + 0.5, rows[near].mean() + 0.5])
            assert np.abs(centre - expected).max() < 0.5

    def test_a_live_image_stands_the_right_way_up(self, tab: Page) -> None:
        mount(tab, "{ cameras: lab.CAMERAS.map(({ distortion, ...plain }) => plain) }")
        tab.evaluate("() => now.scene.show({ floor: false, bones: false, trails: false, sigma: false })")
        tab.evaluate("() => now.scene.setViewImage('ring 2', lab.quarters(640, 512))")
        tab.evaluate("() => now.scene.lookThrough('ring 2')")
        shown = picture(tab)
        # The image fills the canvas from top to bottom: corners of quarters, away from their seams.
        quarters = [shown[40, 60], shown[40, 580], shown[440, 60], shown[440, 580]]
        red, green, blue, yellow = (q.astype(int) for q in quarters)
        assert red[0] > red[1] + 80
        assert green[1] > green[0] + 80
        assert blue[2] > blue[0] + 80
        assert yellow[0] > yellow[2] + 80
        assert yellow[1] > yellow[2] + 80
        tab.evaluate("() => now.scene.setViewImage('ring 2', null)")
        assert not colourful(picture(tab))[40, 60]

    def test_what_is_unknown_is_not_drawn(self, tab: Page) -> None:
        mount(tab, "{ animals: 1 }")
        whole = tab.evaluate("() => now.scene.cost")
        assert (whole["joints"], whole["bones"]) == (30, 31)
        mount(tab, "{ animals: 1, unknown: [[0, 1]] }")  # the neck, where five bones end
        part = tab.evaluate("() => now.scene.cost")
        assert (part["joints"], part["bones"]) == (29, 31 - 6)
        mount(tab, "{ animals: 1, unknown: lab.KEYPOINTS.map((_, k) => [0, k]) }")
        none = tab.evaluate("() => now.scene.cost")
        assert (none["joints"], none["bones"], none["halos"], none["trails"]) == (0, 0, 0, 0)
        assert not colourful(picture(tab)).any()

    def test_nothing_is_drawn_while_nothing_changes(self, tab: Page) -> None:
        mount(tab)
        tab.wait_for_timeout(700)
        before = tab.evaluate("() => now.scene.cost.pictures")
        tab.wait_for_timeout(700)
        assert tab.evaluate("() => now.scene.cost.pictures") == before
        tab.evaluate("() => { for (let t = 1; t < 50; t++) now.scene.setTick(t); }")
        tab.wait_for_function("() => now.scene.shownTick === 49")
        assert tab.evaluate("() => now.scene.cost.pictures") - before <= 3

    def test_themes_differ_in_the_ground_and_not_in_the_animals(self, tab: Page) -> None:
        mount(tab)
        light = picture(tab)
        tab.evaluate("() => now.scene.setTheme('dark')")
        dark = picture(tab)
        assert light[5, 5].min() > 230
        assert dark[5, 5].max() < 40
        # Within the joints, away from their edges, the colours are the palette's in both.
        solid = colourful(light) & colourful(dark) & (light.max(axis=2) > 150) & (dark.max(axis=2) > 150)
        assert solid.sum() > 50
        assert np.median(np.abs(light[solid].astype(int) - dark[solid])) < 12


class TestHands:
    def test_the_joint_below_the_pointer_is_told(self, tab: Page) -> None:
        mount(tab, "{ animals: 2 }")
        camera = tab.evaluate("() => lab.CAMERAS[0]")
        tab.evaluate("() => now.scene.lookThrough('ceiling')")
        picture(tab)
        pose = tab.evaluate("() => Array.from(lab.walk(2, 0, 1))")
        tip = pose[(30 + 9) * 4 : (30 + 9) * 4 + 4]
        x, y = pixel_of(camera, tip[:3])
        tab.evaluate("() => { window.told = []; now.scene.on('pick', (joint) => told.push(joint)); }")
        tab.mouse.click(x + 1, y)
        tab.mouse.click(3, 3)
        joint, nothing = tab.evaluate("() => told")
        assert (joint["individual"], joint["keypoint"], joint["tick"]) == (1, 9, 0)
        np.testing.assert_allclose([*joint["position_mm"], joint["sigma_mm"]], tip, rtol=1e-6)
        assert nothing is None

    def test_the_keyboard_reaches_everything(self, tab: Page) -> None:
        mount(tab)
        tab.keyboard.press("Tab")
        assert tab.evaluate("() => document.activeElement === now.canvas")
        views = []
        for key in ["ArrowLeft", "ArrowUp", "Shift+ArrowRight", "+", "t", "r", "c", "a"]:
            tab.keyboard.press(key)
            views.append(tab.evaluate("() => lab.formatViewpoint(now.scene.viewpoint)"))
        assert len(set(views)) == len(views)
        assert views[6] == "c_ceiling"
        assert views[7].endswith("_ash")

    def test_a_viewpoint_comes_back_from_its_text(self, tab: Page) -> None:
        mount(tab)
        tab.mouse.move(300, 200)
        tab.mouse.down()
        tab.mouse.move(380, 240, steps=4)
        tab.mouse.up()
        tab.mouse.move(2, 2)
        text = tab.evaluate("() => lab.formatViewpoint(now.scene.viewpoint)")
        before = picture(tab)
        mount(tab)
        tab.evaluate("(text) => now.scene.setViewpoint(lab.parseViewpoint(text), { smooth: false })", text)
        assert np.abs(picture(tab).astype(int) - before).mean() < 0.5


class TestLifetime:
    def test_a_lost_context_comes_back_with_the_same_picture(self, tab: Page) -> None:
        mount(tab)
        tab.evaluate("() => now.scene.setViewImage('ceiling', lab.quarters(640, 512))")
        tab.evaluate("() => { window.told = []; now.scene.on('context', (state) => told.push(state)); }")
        before = picture(tab)
        tab.evaluate(
            """async () => {
              window.loss = now.canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
              loss.loseContext();
              await new Promise((r) => setTimeout(r, 100));
              now.scene.setTick(7);
              now.scene.setTick(0);
              await new Promise((r) => setTimeout(r, 100));
              loss.restoreContext();
            }"""
        )
        tab.wait_for_function("() => told.length === 2")
        assert tab.evaluate("() => told") == ["lost", "restored"]
        tab.wait_for_timeout(600)
        assert np.abs(picture(tab).astype(int) - before).mean() < 0.5

    def test_fifty_mounts_leave_nothing_behind(self, tab: Page) -> None:
        """No scene stays alive, nothing stays on the graphics card, the heap does not grow."""
        session = tab.context.new_cdp_session(tab)
        tab.evaluate("() => { window.seen = []; window.left = []; }")

        def heap_mib() -> float:
            tab.evaluate(
                """async () => {
                  for (let round = 0; round < 3; round++) {
                    gc();
                    await new Promise((resolve) => setTimeout(resolve, 30));
                  }
                }"""
            )
            session.send("HeapProfiler.collectGarbage")
            return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20

        after_some = 0.0
        for count in range(MOUNTS):
            tab.evaluate(
                """async () => {
                  const { scene, poses } = await lab.mount({ animals: 2 });
                  for (const camera of lab.CAMERAS) scene.setViewImage(camera.name, lab.quarters(320, 256));
                  await lab.shown(scene, 5);
                  scene.dispose();
                  poses.dispose();
                  const { geometries, textures, programs } = scene.cost;
                  left.push(geometries + textures + programs);
                  seen.push(new WeakRef(scene));
                }"""
            )
            if count == 9:
                after_some = heap_mib()
        grown = heap_mib() - after_some
        assert tab.evaluate("() => left") == [0] * MOUNTS
        assert tab.evaluate("() => seen.filter((one) => one.deref() !== undefined).length") <= 1
        assert grown < 2


class TestCapture:
    def test_a_snapshot_is_the_picture_in_finer_pixels(self, tab: Page) -> None:
        mount(tab)
        shown = picture(tab)
        png = tab.evaluate(
            "async () => { const b = await now.scene.snapshot({ scale: 2 }); return await text(b); "
            f"{TEXT_OF} }}"
        )
        image = Image.open(io.BytesIO(base64.b64decode(png)))
        assert image.format == "PNG"
        assert image.size == (2 * SIZE["width"], 2 * SIZE["height"])
        small = np.asarray(image.convert("RGB").resize((SIZE["width"], SIZE["height"]), Image.Resampling.BOX))
        assert np.abs(small.astype(int) - shown).mean() < 3
        # And the page shows what it showed.
        assert np.abs(picture(tab).astype(int) - shown).mean() < 0.5

    def test_a_turntable_is_a_film_of_one_turn(self, tab: Page) -> None:
        mount(tab)
        before = picture(tab)
        options = "{ seconds: 0.8, fps: 25, longSidePx: 320 }"
        film = tab.evaluate(
            f"async () => {{ return await text(await now.scene.turntable({options})); {TEXT_OF} }}"
        )
        with av.open(io.BytesIO(base64.b64decode(film)), mode="r") as container:
            video = container.streams.video[0]
            assert (video.width, video.height, video.frames) == (320, 240, 20)
            assert video.average_rate == 25
            frames = list(container.decode(video))
        times = [frame.time for frame in frames]
        np.testing.assert_allclose(np.diff([t for t in times if t is not None]), 1 / 25, atol=1e-6)
        pixels = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]
        steps = [np.abs(b - a).mean() for a, b in itertools.pairwise(pixels)]
        # It turns all the way: the last step back to the first picture is like every other.
        last = np.abs(pixels[0] - pixels[-1]).mean()
        assert min(steps) > 0.2
        assert last < 2 * max(steps)
        assert np.abs(picture(tab).astype(int) - before).mean() < 0.5

    def test_a_resize_of_the_page_leaves_the_film_alone(self, tab: Page) -> None:
        mount(tab)
        widths = tab.evaluate(
            """async () => {
              const widths = new Set();
              const onProgress = (share) => {
                widths.add(now.canvas.width);
                if (share < 0.3) now.canvas.style.width = "300px";
              };
              await now.scene.turntable({ seconds: 1, fps: 25, longSidePx: 320, onProgress });
              return [[...widths], now.canvas.width];
            }"""
        )
        assert widths == [[320], 300]

    def test_a_film_without_a_graphics_context_is_refused(self, tab: Page) -> None:
        mount(tab)
        code = tab.evaluate(
            """async () => {
              const loss = now.canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
              const onProgress = (share) => share < 0.1 && loss.loseContext();
              const options = { seconds: 1, fps: 25, longSidePx: 320, onProgress };
              const told = (error) => error.code + error.message;
              return await now.scene.turntable(options).then(() => "filmed", told);
            }"""
        )
        assert code.startswith("capture_failed")
        assert "context is gone" in code

    def test_a_cancelled_turntable_leaves_the_scene_usable(self, tab: Page) -> None:
        mount(tab)
        outcome = tab.evaluate(
            """async () => {
              const stop = new AbortController();
              const film = now.scene.turntable({ signal: stop.signal, onProgress: () => stop.abort() });
              const busy = await now.scene.snapshot().catch((error) => error.code);
              return [busy, await film.catch((error) => error.name)];
            }"""
        )
        assert outcome == ["busy", "AbortError"]
        assert tab.evaluate("async () => (await now.scene.snapshot({ scale: 1 })).type") == "image/png"


# Body of a function in the page: the base64 text of a blob.
TEXT_OF = """
async function text(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}"""
