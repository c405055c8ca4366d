/** The 3D scene of a recording: animals, floor and cameras, drawn when something changed. */

import { Scene as Graph } from "three";
import type { Point } from "../canvas/transform";
import { type Clock, pageClock } from "../player/clock";
import { Emitter } from "../player/emitter";
import { filmTurntable, planOf, pngOf, type Turntable, type TurntableOptions } from "./capture";
import { Eye } from "./eye";
import { checkPoses, Figures } from "./figures";
import { Floor } from "./floor";
import { Frusta } from "./frusta";
import { Gaze } from "./gaze";
import { type SceneHand, wireHand } from "./hand";
import { Pointing, TOUCH_MISS_PX } from "./pointing";
import { Rhythm } from "./rhythm";
import { camerasOf, type RigCamera } from "./rigCamera";
import { type SceneSizes, sizesOf } from "./sizes";
import { Surface } from "./surface";
import { COLOURS } from "./themes";
import {
  ALL_LAYERS,
  type Layers,
  type PickedJoint,
  SceneError,
  type SceneEvents,
  type SceneOptions,
  type SceneTheme,
  type Trail,
  type Vec3,
} from "./types";
import { eyeOf, type Orbit, orbitFrom, PRESETS, type Preset, turned, type Viewpoint } from "./viewpoint";

export class Scene3D {
  readonly #options: SceneOptions;
  readonly #cameras: readonly RigCamera[];
  readonly #sizes: SceneSizes;
  readonly #surface: Surface;
  readonly #graph = new Graph();
  readonly #eye: Eye;
  readonly #floor: Floor;
  readonly #frusta: Frusta;
  readonly #figures: Figures;
  readonly #pointing: Pointing;
  readonly #gaze: Gaze;
  readonly #rhythm: Rhythm;
  readonly #clock: Clock;
  readonly #emitter = new Emitter<SceneEvents>();
  readonly #stop = new AbortController();
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #place = new Float32Array(3);
  #layers: Layers = ALL_LAYERS;
  #tick: number | null = null;
  /** The tick that the last drawn picture shows. */
  #shown: number | null = null;
  #poseStale = false;
  #lastOrbit: Orbit;
  #toldViewpoint: Viewpoint | null = null;
  #capturing = false;
  #disposed = false;

  constructor(options: SceneOptions, clock: Clock = pageClock) {
    this.#options = options;
    this.#clock = clock;
    checkPoses(options);
    this.#cameras = camerasOf(options.cameras);
    this.#sizes = sizesOf(options.floor, this.#cameras, options.jointRadiusMm);
    const { skeleton, individuals, poses, floor } = options;
    const { nearMm, farMm, jointRadiusMm, frustumMm, home } = this.#sizes;
    this.#lastOrbit = home;
    this.#surface = new Surface({
      canvas: options.canvas,
      onResize: () => this.#rhythm.now(),
      onContext: (state) => this.#contextChanged(state),
    });
    const { lens } = this.#surface;
    this.#eye = new Eye({ nearMm, farMm });
    this.#floor = new Floor(floor, lens, nearMm);
    this.#frusta = new Frusta(this.#cameras, lens, frustumMm, nearMm);
    this.#figures = new Figures({ skeleton, individuals, poses, lens, jointRadiusMm, nearMm });
    this.#pointing = new Pointing({
      ...{ figures: this.#figures, poses, eye: this.#eye, jointRadiusMm },
      aim: () => {
        this.#aim();
        return this.#surface.size;
      },
      onHover: (joint) => this.#hovered(joint),
    });
    this.#gaze = new Gaze({
      home,
      distancesMm: this.#sizes.distancesMm,
      whereIs: (name) => this.#whereIs(name),
      reducedMotion: () => this.#calm.matches,
    });
    this.#rhythm = new Rhythm(this.#surface, (now) => this.#draw(now), clock);
    this.#graph.add(this.#floor.group, this.#frusta.group, this.#figures.group);
    this.setTheme(options.theme);
    this.#listen();
  }

  on<Name extends keyof SceneEvents>(name: Name, listener: (event: SceneEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Show the poses of a tick: in the next picture where they are loaded, else as soon as they are. */
  setTick(tick: number): void {
    if (this.#tick === tick) return;
    this.#tick = tick;
    this.#poseStale = true;
    this.#options.poses.want(tick);
    this.#rhythm.request();
  }

  /** Draw what was asked for so far within the animation frame that is under way, and not in the next. */
  drawInThisFrame(): void {
    this.#rhythm.inThisFrame();
  }

  /** The tick on the screen, which lags behind `setTick` while poses load; null before the first. */
  get shownTick(): number | null {
    return this.#shown;
  }

  /** Put a picture on a camera's image plane, or take it away; the pixels are copied now. */
  setViewImage(name: string, image: CanvasImageSource | null): void {
    if (!this.#frusta.setImage(name, image)) {
      const known = this.#cameras.map((camera) => camera.name).join(", ");
      throw new SceneError("bad_scene", `There is no camera '${name}'; known: ${known}.`);
    }
    this.#frusta.show(this.#layers);
    this.#rhythm.request();
  }

  setTheme(theme: SceneTheme): void {
    const colours = COLOURS[theme];
    this.#surface.background(`rgb(${colours.background.join(",")})`);
    for (const part of [this.#floor, this.#frusta, this.#figures]) part.paint(colours);
    this.#rhythm.request();
  }

  get layers(): Layers {
    return this.#layers;
  }

  show(layers: Partial<Layers>): void {
    this.#layers = { ...this.#layers, ...layers };
    this.#floor.group.visible = this.#layers.floor;
    this.#frusta.show(this.#layers);
    this.#figures.show(this.#layers);
    this.#rhythm.request();
  }

  setTrail(trail: Trail): void {
    this.#figures.trail = trail;
    this.#rhythm.request();
  }

  /** The viewpoint taken, or travelled to. `formatViewpoint` makes a link's text of it. */
  get viewpoint(): Viewpoint {
    return this.#gaze.viewpoint;
  }

  /** Refused where it names a camera or an animal that is not here. */
  setViewpoint(viewpoint: Viewpoint, { smooth = true }: { readonly smooth?: boolean } = {}): void {
    const { individuals } = this.#options;
    if (viewpoint.kind === "camera" && this.#cameraOf(viewpoint.name) === null) {
      throw new SceneError("bad_scene", `There is no camera '${viewpoint.name}' in this calibration.`);
    }
    if (viewpoint.kind === "orbit" && viewpoint.follow !== null) {
      const { follow } = viewpoint;
      if (!individuals.some(({ name }) => name === follow)) {
        throw new SceneError("bad_scene", `There is no individual '${follow}' to follow.`);
      }
    }
    this.#gaze.go(viewpoint, this.#clock.now(), { smooth });
    this.#rhythm.request();
  }

  preset(preset: Preset): void {
    const from = preset === "rig" ? this.#sizes.rig : this.#sizes.home;
    this.setViewpoint({ kind: "orbit", orbit: { ...from, ...PRESETS[preset] }, follow: null });
  }

  lookThrough(camera: string): void {
    this.setViewpoint({ kind: "camera", name: camera });
  }

  /** Keep an animal in the middle; null to stay where it is. */
  follow(individual: string | null): void {
    this.setViewpoint({ kind: "orbit", orbit: this.#orbit(), follow: individual }, { smooth: false });
  }

  /** The joint of the drawn tick at a place on the canvas (CSS pixels); null where there is none. */
  pick(at: Point, missPx?: number): PickedJoint | null {
    return this.#pointing.pick(at, missPx);
  }

  /** PNG of the scene as it stands, `scale` times as fine as the page shows it. */
  async snapshot({ scale = 2 }: { readonly scale?: number } = {}): Promise<Blob> {
    this.#mayCapture();
    const { width, height } = this.#surface.size;
    return this.#captured(() => {
      this.#surface.resize(Math.round(width * scale), Math.round(height * scale), scale);
      this.#render();
      return pngOf(this.#surface.canvas);
    });
  }

  /** MP4 of one turn around what is looked at; the scene on the page turns with it and then is as before. */
  async turntable(options: TurntableOptions = {}): Promise<Blob> {
    this.#mayCapture();
    const { width, height } = this.#surface.size;
    const plan = planOf(options, width / height);
    const orbit = this.#orbit();
    const begin = (wide: number, high: number): Turntable => {
      this.#surface.resize(wide, high, wide / width);
      return {
        canvas: this.#surface.canvas,
        draw: (azimuthDeg) => {
          this.#mustBeDrawn();
          this.#frusta.through(null, this.#sizes.backdropMm);
          this.#look(turned(orbit, azimuthDeg, 0));
          this.#surface.draw(this.#graph, this.#eye);
        },
      };
    };
    return this.#captured(() => filmTurntable(plan, options, begin));
  }

  /** While `make` works the canvas is its own; then the page has it back. */
  async #captured(make: () => Promise<Blob>): Promise<Blob> {
    this.#capturing = true;
    try {
      return await make();
    } finally {
      this.#capturing = false;
      if (!this.#disposed) {
        this.#surface.settle();
        this.#rhythm.now();
      }
    }
  }

  /** What is held on the graphics card and drawn in the last picture, for tests and benchmarks. */
  get cost() {
    const { software, drawCalls, held } = this.#surface;
    return { ...held, software, drawCalls, ...this.#figures.counts, pictures: this.#rhythm.pictures };
  }

  /** Frees everything on the graphics card. The canvas cannot serve another scene. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stop.abort();
    this.#rhythm.dispose();
    this.#floor.dispose();
    this.#frusta.dispose();
    this.#figures.dispose();
    this.#graph.clear();
    this.#surface.dispose();
  }

  #listen(): void {
    const { canvas, poses } = this.#options;
    const { signal } = this.#stop;
    canvas.tabIndex = 0;
    canvas.style.touchAction = "none";
    wireHand(canvas, this.#hand(), signal);
    const stopPoses = poses.on("loaded", (window) => {
      if (this.#tick === null || !this.#figures.wouldDraw(window, this.#tick)) return;
      this.#poseStale = true;
      this.#rhythm.request();
    });
    signal.addEventListener("abort", stopPoses, { once: true });
  }

  #hand(): SceneHand {
    const moved = (): void => this.#rhythm.request();
    return {
      turn: (azimuthDeg, elevationDeg) => {
        this.#gaze.turn(azimuthDeg, elevationDeg, this.#orbit());
        moved();
      },
      pan: (dx, dy) => {
        const { width, height } = this.#surface.size;
        this.#gaze.pan(dx, dy, Math.min(width, height), this.#orbit());
        moved();
      },
      zoom: (factor) => {
        this.#gaze.zoom(factor, this.#orbit());
        moved();
      },
      preset: (preset) => this.preset(preset),
      nextCamera: () => this.#nextCamera(),
      nextAnimal: () => this.#nextAnimal(),
      stopFollowing: () => this.follow(null),
      hover: (at) => this.#pointing.moved(at),
      press: (at, touch) => this.#emitter.emit("pick", this.pick(at, touch ? TOUCH_MISS_PX : undefined)),
    };
  }

  #nextCamera(): void {
    const looks = this.viewpoint;
    const at = looks.kind === "camera" ? this.#cameras.findIndex(({ name }) => name === looks.name) : -1;
    const next = this.#cameras[at + 1];
    if (next !== undefined) this.lookThrough(next.name);
    else this.setViewpoint({ kind: "orbit", orbit: this.#lastOrbit, follow: null });
  }

  #nextAnimal(): void {
    const looks = this.viewpoint;
    const followed = looks.kind === "orbit" ? looks.follow : null;
    const { individuals } = this.#options;
    this.follow(individuals[individuals.findIndex(({ name }) => name === followed) + 1]?.name ?? null);
  }

  /** Draw the next picture; true where another must follow. */
  #draw(now: number): boolean {
    if (this.#capturing || this.#disposed || !this.#surface.canDraw) return false;
    if (this.#poseStale && this.#tick !== null) this.#figures.setTick(this.#tick);
    this.#poseStale = false;
    const moving = this.#gaze.step(now);
    this.#render();
    this.#tell(moving);
    return moving;
  }

  #render(): void {
    this.#aim();
    this.#surface.draw(this.#graph, this.#eye);
  }

  /** Bring the eye to where the gaze is. */
  #aim(): void {
    const looks = this.#gaze.current;
    const rig = looks.kind === "camera" ? this.#cameraOf(looks.name) : null;
    this.#frusta.through(rig?.name ?? null, this.#sizes.backdropMm);
    if (rig !== null) {
      this.#eye.through(rig, this.#surface.size);
    } else if (looks.kind === "orbit") {
      this.#lastOrbit = looks.orbit;
      this.#look(looks.orbit);
    }
    this.#floor.overPicture = this.#frusta.overPicture;
  }

  #look(orbit: Orbit): void {
    this.#eye.orbit(orbit, this.#surface.size);
    this.#frusta.lookFrom(eyeOf(orbit), orbit.targetMm);
  }

  #tell(moving: boolean): void {
    const { tick } = this.#figures;
    if (tick !== null && tick !== this.#shown) {
      this.#shown = tick;
      this.#options.canvas.dataset.tick = String(tick);
      this.#emitter.emit("shown", { tick });
    }
    this.#pointing.drawn();
    if (moving || this.#toldViewpoint === this.#gaze.viewpoint) return;
    this.#toldViewpoint = this.#gaze.viewpoint;
    this.#emitter.emit("viewpoint", this.#toldViewpoint);
  }

  #hovered(joint: PickedJoint | null): void {
    this.#figures.mark(joint);
    this.#options.canvas.style.cursor = joint === null ? "" : "pointer";
    this.#emitter.emit("hover", joint);
    this.#rhythm.request();
  }

  /** The orbit that is, or the one that stands where the camera stands that is looked through. */
  #orbit(): Orbit {
    const looks = this.#gaze.current;
    if (looks.kind === "orbit") return looks.orbit;
    const rig = this.#cameraOf(looks.name);
    if (rig === null) return this.#lastOrbit;
    const ahead = rig.R.slice(6, 9) as unknown as Vec3;
    return orbitFrom(rig.positionMm, ahead, this.#sizes.home.distanceMm);
  }

  #cameraOf(name: string): RigCamera | null {
    return this.#cameras.find((camera) => camera.name === name) ?? null;
  }

  #whereIs(name: string): Vec3 | null {
    const { window, tick } = this.#figures;
    const individual = this.#options.individuals.findIndex((one) => one.name === name);
    if (window === null || tick === null || individual < 0) return null;
    if (!this.#figures.middle(window, tick, individual, this.#place, 0)) return null;
    return [this.#place[0] as number, this.#place[1] as number, this.#place[2] as number];
  }

  #contextChanged(state: "lost" | "restored"): void {
    this.#emitter.emit("context", state);
    if (state === "restored") this.#rhythm.request();
  }

  #mayCapture(): void {
    if (this.#capturing) {
      throw new SceneError("busy", "A picture or film is being made; wait for it or cancel it.");
    }
    this.#mustBeDrawn();
  }

  #mustBeDrawn(): void {
    if (this.#surface.canDraw && !this.#disposed) return;
    throw new SceneError("capture_failed", "The scene is not drawn just now: its graphics context is gone.");
  }
}
