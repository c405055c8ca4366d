/**
 * The camera that three.js draws with. Here, and nowhere else, OpenCV's camera axes (y down, z ahead) become
 * those of WebGL (y up, z back); the world is the same on both sides: millimetres, z up.
 */

import { Camera, type Matrix4 } from "three";
import type { RigCamera } from "./rigCamera";
import { eyeOf, FIELD_DEG, frameOf, type Orbit, radians } from "./viewpoint";

export interface CanvasSize {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** Distances along the view between which is drawn, millimetres. */
export interface Reach {
  readonly nearMm: number;
  readonly farMm: number;
}

/** A `Camera` whose matrices are set here alone. */
export class Eye extends Camera {
  readonly #reach: Reach;

  constructor(reach: Reach) {
    super();
    this.#reach = reach;
    this.matrixAutoUpdate = false;
    this.up.set(0, 0, 1);
  }

  orbit(orbit: Orbit, { width, height }: CanvasSize): void {
    const { right, up, back } = frameOf(orbit);
    // Column by column, as everywhere in WebGL.
    this.matrix.fromArray([...right, 0, ...up, 0, ...back, 0, ...eyeOf(orbit), 1]);
    const tall = 1 / Math.tan(radians(FIELD_DEG / 2));
    // In a picture higher than wide the field is that of the width, or the floor would not fit.
    const zoom = tall * Math.min(1, width / height);
    this.#finish({ xFromX: (zoom * height) / width, xFromY: 0, xFromZ: 0, yFromY: zoom, yFromZ: 0 });
  }

  /** As the rig's camera, its image as large as it fits into the canvas; lens distortion left out. */
  through(rig: RigCamera, size: CanvasSize): void {
    const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = rig.R as unknown as Nine;
    this.matrix.fromArray([r0, r1, r2, 0, -r3, -r4, -r5, 0, -r6, -r7, -r8, 0, ...rig.positionMm, 1]);
    const { scale, left, top } = imageIn(rig, size);
    const [fx, skew, cx, , fy, cy] = rig.K as unknown as Nine;
    // Canvas position of a pixel: scale * (pixel + 0.5) + offset; then to clip space, y and z turned round.
    const { width, height } = size;
    this.#finish({
      xFromX: (2 * scale * fx) / width,
      xFromY: (-2 * scale * skew) / width,
      xFromZ: 1 - (2 * (scale * (cx + 0.5) + left)) / width,
      yFromY: (2 * scale * fy) / height,
      yFromZ: (2 * (scale * (cy + 0.5) + top)) / height - 1,
    });
  }

  #finish({ xFromX, xFromY, xFromZ, yFromY, yFromZ }: Lens): void {
    const { nearMm, farMm } = this.#reach;
    const depth = (farMm + nearMm) / (nearMm - farMm);
    const shift = (2 * farMm * nearMm) / (nearMm - farMm);
    const columns = [xFromX, 0, 0, 0, xFromY, yFromY, 0, 0, xFromZ, yFromZ, depth, -1, 0, 0, shift, 0];
    this.projectionMatrix.fromArray(columns);
    this.projectionMatrixInverse.copy(this.projectionMatrix).invert();
    this.matrixWorld.copy(this.matrix);
    this.matrixWorldInverse.copy(this.matrix).invert();
  }

  /** Clip space from world; `into` is filled and returned. */
  clipFromWorld(into: Matrix4): Matrix4 {
    return into.multiplyMatrices(this.projectionMatrix, this.matrixWorldInverse);
  }
}

/** Where the whole image of a camera lies on the canvas: CSS pixels an image pixel, and its top left corner. */
export function imageIn(
  { width, height }: Pick<RigCamera, "width" | "height">,
  size: CanvasSize,
): { readonly scale: number; readonly left: number; readonly top: number } {
  const scale = Math.min(size.width / width, size.height / height);
  return { scale, left: (size.width - scale * width) / 2, top: (size.height - scale * height) / 2 };
}

/** Rows x and y of a projection; it looks along -z. */
interface Lens {
  readonly xFromX: number;
  readonly xFromY: number;
  readonly xFromZ: number;
  readonly yFromY: number;
  readonly yFromZ: number;
}

type Nine = [number, number, number, number, number, number, number, number, number];
