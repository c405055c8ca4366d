import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { wordsOf } from "../../api/problem";
import { formatViewpoint, parseViewpoint, Scene3D, type SceneTheme } from "../../scene";
import type { Desk } from "./desk";
import { floorOf } from "./model";

function themeNow(): SceneTheme {
  return getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "dark" : "light";
}

/** The 3D scene; it begins when the poses round the first tick are known, so that its floor lies under them. */
export function SceneView({
  desk,
  viewpoint,
}: {
  readonly desk: Desk;
  readonly viewpoint: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const end = new AbortController();
    void begin(desk, element, viewpoint, end.signal);
    return () => end.abort();
  }, []);
  return (
    <canvas
      ref={canvas}
      class="sp-scene"
      tabIndex={0}
      role="img"
      aria-label="3D poses with the arena's floor and the cameras. Arrow keys turn, plus and minus move nearer."
      data-testid="scene"
    />
  );
}

async function begin(
  desk: Desk,
  canvas: HTMLCanvasElement,
  viewpoint: string,
  end: AbortSignal,
): Promise<void> {
  const { space, poses } = desk;
  const window = await firstWindow(desk, end);
  if (end.aborted) return;
  let scene: Scene3D;
  try {
    scene = new Scene3D({
      canvas,
      cameras: space.cameras,
      skeleton: space.skeleton,
      individuals: space.individuals,
      floor: floorOf(window, space.cameras),
      theme: themeNow(),
      poses,
    });
  } catch (error) {
    desk.note(
      "bad",
      `The 3D scene cannot be shown. ${wordsOf(error)} The videos beside it work all the same.`,
    );
    return;
  }
  const wanted = parseViewpoint(viewpoint);
  if (wanted !== null) scene.setViewpoint(wanted, { smooth: false });
  scene.on("shown", ({ tick }) => {
    canvas.dataset.shownTick = String(tick);
  });
  scene.on("viewpoint", (now) => {
    canvas.dataset.viewpoint = formatViewpoint(now);
  });
  scene.on("context", (state) => {
    if (state === "lost")
      desk.note("info", "The browser took the graphics context; the scene comes back by itself.");
  });
  const theme = (): void => scene.setTheme(themeNow());
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", theme, { signal: end });
  const chosen = new MutationObserver(theme);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  desk.attachScene(scene);
  end.addEventListener("abort", () => {
    chosen.disconnect();
    desk.attachScene(null);
    scene.dispose();
  });
}

/** Poses around the first tick that is shown; nothing where they cannot be had, since the scene works without. */
function firstWindow(desk: Desk, end: AbortSignal): Promise<Float32Array> {
  const { poses, target } = desk;
  return new Promise((resolve) => {
    const look = (): void => {
      const held = poses.windowOf(target.peek());
      if (held === null && !end.aborted) return;
      finish(held?.data ?? new Float32Array());
    };
    const finish = (data: Float32Array): void => {
      for (const stop of stops) stop();
      resolve(data);
    };
    const stops = [poses.on("loaded", look), poses.on("failed", () => finish(new Float32Array()))];
    end.addEventListener("abort", look, { once: true });
    poses.want(target.peek());
    look();
  });
}
