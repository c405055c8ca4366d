/** The rig's cameras as pyramids, with the live image of each on its base. */

import { BufferGeometry, DataTexture, Float32BufferAttribute, Group, LinearFilter, Mesh } from "three";
import type { Rgb } from "../canvas/palette";
import { Labels } from "./labels";
import { type Lens, smoothMaterial } from "./material";
import type { Pixel, RigCamera } from "./rigCamera";
import { Sticks } from "./sticks";
import type { SceneColours } from "./themes";
import type { Layers, Vec3 } from "./types";

/** Longer side of a live image as it is kept: a frustum is small on the screen. */
export const IMAGE_MOST_PX = 320;
/** Cells of the image plane, so that a lens's bend is followed. */
const CELLS_X = 20;
const CELLS_Y = 15;
/** Share of the way to what is looked at: a camera nearer to the eye is glass, or it would hide the animals. */
const GLASS_BEFORE = 0.8;
const GLASS_OPACITY = 0.07;
const GLASS_EDGES = 0.35;
/** Apex to corners, and the border of the image plane. */
const STICKS_A_CAMERA = 4 + 2 * (CELLS_X + CELLS_Y);

const VERTEX = /* glsl */ `
  uniform float reachMm;
  attribute vec2 place;
  varying vec2 uv_;
  void main() {
    uv_ = place;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position * reachMm, 1.0);
  }
`;

const FRAGMENT = /* glsl */ `
  uniform sampler2D image;
  uniform bool live;
  uniform vec3 tone;
  uniform float opacity;
  varying vec2 uv_;
  void main() { gl_FragColor = vec4(live ? texture2D(image, uv_).rgb : tone, opacity); }
`;

export interface PlaneVertex {
  /** Pixel of the image, from -0.5 to the size less 0.5. */
  readonly pixel: Pixel;
  /** Direction in camera axes, z = 1; null where the lens has none. */
  readonly ray: Vec3 | null;
}

/** The vertices of an image plane, row by row from the top left corner of the image. */
export function planeVertices(camera: RigCamera): PlaneVertex[] {
  return Array.from({ length: (CELLS_X + 1) * (CELLS_Y + 1) }, (_, index) => {
    const column = index % (CELLS_X + 1);
    const row = Math.floor(index / (CELLS_X + 1));
    const pixel = pixelAt(camera, column, row);
    return { pixel, ray: camera.rayOf(pixel) };
  });
}

export class Frusta {
  readonly group = new Group();
  readonly #cameras: readonly RigCamera[];
  readonly #planes: readonly ImagePlane[];
  readonly #sticks: Sticks;
  readonly #labels: Labels;
  readonly #reachMm: number;
  readonly #borders: readonly (readonly Vec3[])[];
  #colour: Rgb = [0, 0, 0];
  #layers: Pick<Layers, "cameras" | "images"> = { cameras: true, images: true };
  #through: string | null = null;

  /** `reachMm`: how far before its camera an image stands. */
  constructor(cameras: readonly RigCamera[], lens: Lens, reachMm: number, nearMm: number) {
    this.#cameras = cameras;
    this.#reachMm = reachMm;
    this.#borders = cameras.map((camera) => borderMm(camera, reachMm));
    this.#planes = cameras.map((camera) => new ImagePlane(camera, reachMm));
    this.#sticks = new Sticks(
      {
        most: STICKS_A_CAMERA * cameras.length,
        lens,
        leastHalfPx: 0.75,
        round: false,
        order: 4,
        solid: false,
      },
      nearMm,
    );
    const names = cameras.map(({ name, positionMm }) => ({ text: name, at_mm: positionMm, below_px: -14 }));
    this.#labels = new Labels(names, lens, 9);
    this.group.add(...this.#planes.map(({ mesh }) => mesh), this.#sticks.mesh, this.#labels.mesh);
  }

  /** False where no camera has this name. */
  setImage(name: string, image: CanvasImageSource | null): boolean {
    const plane = this.#planes.find((one) => one.name === name);
    plane?.setImage(image);
    return plane !== undefined;
  }

  show(layers: Pick<Layers, "cameras" | "images">): void {
    this.#layers = layers;
    this.#arrange();
  }

  /** Look through a camera: its image stands behind everything, its pyramid is not drawn; null for none. */
  through(name: string | null, backdropMm: number): void {
    this.#through = name;
    for (const plane of this.#planes) {
      plane.place(
        plane.name === name
          ? { reachMm: backdropMm, behind: true }
          : { reachMm: this.#reachMm, behind: false },
      );
    }
    this.#arrange();
  }

  /** What stands between the eye and its target is glass. World millimetres. */
  lookFrom(eyeMm: Vec3, targetMm: Vec3): void {
    let changed = false;
    for (const plane of this.#planes) {
      const glass = isBefore(plane.middleMm, eyeMm, targetMm);
      changed ||= glass !== plane.glass;
      plane.glass = glass;
    }
    if (changed) this.#drawEdges();
  }

  #arrange(): void {
    for (const plane of this.#planes) {
      const looking = plane.name === this.#through;
      // Through a camera only its image helps: another's would stand between the eye and the animals.
      plane.mesh.visible = looking
        ? this.#layers.images && plane.hasImage
        : this.#layers.cameras && this.#through === null;
      plane.live = this.#layers.images;
    }
    const furniture = this.#layers.cameras && this.#through === null && this.#cameras.length > 0;
    this.#sticks.mesh.visible = furniture;
    this.#labels.mesh.visible = furniture;
  }

  /** Looks through a camera whose image is shown. */
  get overPicture(): boolean {
    return this.#planes.some(({ name, mesh }) => name === this.#through && mesh.visible);
  }

  paint(colours: SceneColours): void {
    this.#labels.paint(colours.text, colours.background);
    for (const plane of this.#planes) plane.tone = colours.camera;
    this.#colour = colours.camera;
    this.#drawEdges();
  }

  #drawEdges(): void {
    this.#sticks.clear();
    this.#cameras.forEach((camera, index) => {
      const border = this.#borders[index] as readonly Vec3[];
      const opacity = this.#planes[index]?.glass === true ? GLASS_EDGES : 1;
      for (const corner of [0, CELLS_X, CELLS_X + CELLS_Y, 2 * CELLS_X + CELLS_Y]) {
        this.#sticks.add(camera.positionMm, 0, border[corner] as Vec3, 0, 0, this.#colour, 0.4 * opacity);
      }
      border.forEach((from, at) => {
        const to = border[(at + 1) % border.length] as Vec3;
        this.#sticks.add(from, 0, to, 0, 0, this.#colour, 0.9 * opacity);
      });
    });
    this.#sticks.done();
    this.#arrange();
  }

  dispose(): void {
    for (const plane of this.#planes) plane.dispose();
    this.#sticks.dispose();
    this.#labels.dispose();
  }
}

/** The border of a camera's image in the world, clockwise from its top left corner. */
export function borderMm(camera: RigCamera, reachMm: number): Vec3[] {
  const steps = 2 * (CELLS_X + CELLS_Y);
  return Array.from({ length: steps }, (_, step) => {
    const along = step < CELLS_X + CELLS_Y ? step : steps - step;
    const [top, left] = [Math.min(along, CELLS_X), Math.max(0, along - CELLS_X)];
    // Down the right side on the way there, and down the left one on the way back.
    const [column, row] =
      step <= CELLS_X + CELLS_Y ? [top, left] : [Math.max(0, along - CELLS_Y), Math.min(along, CELLS_Y)];
    const pixel = pixelAt(camera, column, row);
    const [x, y] = camera.rayOf(pixel) ?? camera.pinholeRayOf(pixel);
    return camera.worldOf([x * reachMm, y * reachMm, reachMm]);
  });
}

function pixelAt({ width, height }: RigCamera, column: number, row: number): Pixel {
  return [(column / CELLS_X) * width - 0.5, (row / CELLS_Y) * height - 0.5];
}

function isBefore(pointMm: Vec3, eyeMm: Vec3, targetMm: Vec3): boolean {
  let [ahead, reach] = [0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const view = (targetMm[axis] as number) - (eyeMm[axis] as number);
    ahead += view * ((pointMm[axis] as number) - (eyeMm[axis] as number));
    reach += view * view;
  }
  return ahead < GLASS_BEFORE * reach;
}

class ImagePlane {
  readonly name: string;
  readonly mesh: Mesh<BufferGeometry>;
  readonly #material;
  readonly #reach: { value: number };
  readonly #image: { value: DataTexture | null } = { value: null };
  /** Where pictures are made small. */
  readonly #sheet = document.createElement("canvas");
  readonly #live = { value: false };
  readonly #tone = { value: [0, 0, 0] };
  readonly #opacity = { value: 1 };
  /** Middle of the plane as it stands before its camera. */
  readonly middleMm: Vec3;
  #wantsLive = true;
  #glass = false;
  #behind = false;

  constructor(camera: RigCamera, reachMm: number) {
    this.name = camera.name;
    this.middleMm = camera.worldOf([0, 0, reachMm]);
    this.#reach = { value: reachMm };
    this.#material = smoothMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      side: 2,
      depthWrite: false,
      uniforms: {
        reachMm: this.#reach,
        image: this.#image,
        live: this.#live,
        tone: this.#tone,
        opacity: this.#opacity,
      },
    });
    this.mesh = new Mesh(geometryOf(camera), this.#material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 3;
    this.mesh.matrixAutoUpdate = false;
    const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = camera.R as Nine;
    // World from camera, in OpenCV's axes: the vertices are rays in them.
    this.mesh.matrix.fromArray([r0, r1, r2, 0, r3, r4, r5, 0, r6, r7, r8, 0, ...camera.positionMm, 1]);
  }

  get hasImage(): boolean {
    return this.#image.value !== null;
  }

  set live(wanted: boolean) {
    this.#wantsLive = wanted;
    this.#settle();
  }

  get glass(): boolean {
    return this.#glass;
  }

  set glass(glass: boolean) {
    if (glass === this.#glass) return;
    this.#glass = glass;
    this.#settle();
  }

  set tone(colour: readonly [number, number, number]) {
    this.#tone.value = colour.map((channel) => channel / 255);
  }

  place({ reachMm, behind }: { readonly reachMm: number; readonly behind: boolean }): void {
    this.#reach.value = reachMm;
    this.#behind = behind;
    this.#material.depthTest = !behind;
    this.mesh.renderOrder = behind ? -1 : 3;
    this.#settle();
  }

  setImage(image: CanvasImageSource | null): void {
    if (image === null) this.#forget();
    else this.#copy(image);
    this.#settle();
  }

  #settle(): void {
    const live = this.#wantsLive && this.#image.value !== null;
    const solid = live && (this.#behind || !this.#glass);
    this.#live.value = live;
    this.#opacity.value = solid ? 1 : GLASS_OPACITY;
    // A live image hides what is behind it; glass does not.
    this.#material.depthWrite = solid && !this.#behind;
  }

  #copy(image: CanvasImageSource): void {
    const { width, height } = sizeOf(image);
    if (!(width > 0 && height > 0)) return;
    const scale = Math.min(1, IMAGE_MOST_PX / Math.max(width, height));
    const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    const pixels = this.#scaled(image, wide, high);
    const before = this.#image.value;
    if (before?.image.width === wide && before.image.height === high) {
      before.image = { data: pixels, width: wide, height: high };
      before.needsUpdate = true;
      return;
    }
    this.#forget();
    this.#image.value = textureOf(pixels, wide, high);
  }

  /** Through memory: to hand a canvas or a frame to WebGL costs a renderer on the processor several times this. */
  #scaled(image: CanvasImageSource, wide: number, high: number): Uint8Array {
    if (this.#sheet.width !== wide || this.#sheet.height !== high) {
      this.#sheet.width = wide;
      this.#sheet.height = high;
    }
    const context = this.#sheet.getContext("2d", { willReadFrequently: true, alpha: false });
    if (context === null) throw new Error("This browser gives no 2D canvas.");
    context.drawImage(image, 0, 0, wide, high);
    return new Uint8Array(context.getImageData(0, 0, wide, high).data.buffer);
  }

  #forget(): void {
    this.#image.value?.dispose();
    this.#image.value = null;
  }

  dispose(): void {
    this.#forget();
    this.mesh.geometry.dispose();
    this.#material.dispose();
  }
}

type Nine = [number, number, number, number, number, number, number, number, number];

/** Of RGBA rows from the top. */
function textureOf(pixels: Uint8Array, width: number, height: number): DataTexture {
  const texture = new DataTexture(pixels, width, height);
  texture.minFilter = LinearFilter;
  texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

function geometryOf(camera: RigCamera): BufferGeometry {
  const vertices = planeVertices(camera);
  const geometry = new BufferGeometry();
  const rays = vertices.flatMap(({ ray }) => [...(ray ?? [0, 0, 0])]);
  const places = vertices.flatMap(({ pixel: [u, v] }) => [
    (u + 0.5) / camera.width,
    (v + 0.5) / camera.height,
  ]);
  geometry.setAttribute("position", new Float32BufferAttribute(rays, 3));
  geometry.setAttribute("place", new Float32BufferAttribute(places, 2));
  const index: number[] = [];
  for (let row = 0; row < CELLS_Y; row++) {
    for (let column = 0; column < CELLS_X; column++) {
      const a = row * (CELLS_X + 1) + column;
      const cell = [a, a + 1, a + CELLS_X + 2, a + CELLS_X + 1] as const;
      // Where the lens has no ray there is nothing to stand the image on.
      if (cell.some((vertex) => vertices[vertex]?.ray === null)) continue;
      index.push(cell[0], cell[1], cell[2], cell[0], cell[2], cell[3]);
    }
  }
  geometry.setIndex(index);
  return geometry;
}

function sizeOf(image: CanvasImageSource): { readonly width: number; readonly height: number } {
  if ("displayWidth" in image) return { width: image.displayWidth, height: image.displayHeight };
  if ("videoWidth" in image) return { width: image.videoWidth, height: image.videoHeight };
  if ("naturalWidth" in image) return { width: image.naturalWidth, height: image.naturalHeight };
  return { width: Number(image.width), height: Number(image.height) };
}
