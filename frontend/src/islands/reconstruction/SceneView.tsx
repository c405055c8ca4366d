import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { wordsOf } from "../../api/problem";
import { formatViewpoint, Scene3D, type SceneTheme } from "../../scene";
import type { Desk } from "./desk";
import { floorOf } from "./floor";

function themeNow(): SceneTheme {
  return getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "dark" : "light";
}

/** The 3D scene on the floor of the desk; another floor is another scene, and another canvas. */
export function SceneView({ desk }: { readonly desk: Desk }): JSX.Element {
  return <SceneCanvas key={JSON.stringify(desk.look.floor.value)} desk={desk} />;
}

/** Where the floor is not known it begins when the poses round the first tick are, so that these stand on it. */
function SceneCanvas({ desk }: { readonly desk: Desk }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const end = new AbortController();
    void begin(desk, element, end.signal);
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

async function begin(desk: Desk, canvas: HTMLCanvasElement, end: AbortSignal): Promise<void> {
  const { space, poses, look } = desk;
  const floor = look.floor.peek() ?? floorOf(await firstWindow(desk, end), space.cameras);
  if (end.aborted) return;
  const { cameras, skeleton, individuals } = space;
  let scene: Scene3D;
  try {
    scene = new Scene3D({ canvas, cameras, skeleton, individuals, floor, theme: themeNow(), poses });
  } catch (error) {
    look.absence.value = wordsOf(error);
    return;
  }
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
    // The next scene may be there already.
    if (desk.scene === scene) desk.attachScene(null);
    scene.dispose();
  });
}

/** Poses around the first tick that is shown; nothing where they cannot be had, since the scene works without. */
function firstWindow(desk: Desk, end: AbortSignal): Promise<Float32Array> {
  const { poses, player } = desk;
  return new Promise((resolve) => {
    const look = (): void => {
      const held = poses.windowOf(player.target);
      if (held === null && !end.aborted) return;
      finish(held?.data ?? new Float32Array());
    };
    const finish = (data: Float32Array): void => {
      for (const stop of stops) stop();
      resolve(data);
    };
    const stops = [poses.on("loaded", look), poses.on("failed", () => finish(new Float32Array()))];
    end.addEventListener("abort", look, { once: true });
    poses.want(player.target);
    look();
  });
}
