/**
 * Many small quads in one draw: joints, bones, grid lines, letters.
 *
 * Each quad writes its values at all of its four corners, where instancing would write them once. A renderer on
 * the processor (SwiftShader) draws every instance as a draw of its own, which for a thousand of them costs more
 * than everything else together; a graphics card does not mind either way.
 */

import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Float32BufferAttribute } from "three";
import type { Rgb } from "../canvas/palette";

const CORNERS = 4;
const INDICES = 6;

export class Quads {
  readonly geometry = new BufferGeometry();
  readonly most: number;
  readonly #attributes: readonly BufferAttribute[];
  #count = 0;

  /** `corners`: x, y of the four corners; `columns`: attributes by name, floats, or bytes read as 0..1. */
  constructor(
    most: number,
    corners: readonly number[],
    columns: Readonly<Record<string, { readonly size: number; readonly bytes?: boolean }>>,
  ) {
    this.most = Math.max(1, most);
    const index = new Uint32Array(this.most * INDICES);
    const corner = new Float32Array(this.most * corners.length);
    for (let quad = 0; quad < this.most; quad++) {
      const first = quad * CORNERS;
      index.set([first, first + 1, first + 2, first, first + 2, first + 3], quad * INDICES);
      corner.set(corners, quad * corners.length);
    }
    this.geometry.setIndex(new BufferAttribute(index, 1));
    this.geometry.setAttribute("corner", new Float32BufferAttribute(corner, 2));
    this.#attributes = Object.entries(columns).map(([name, { size, bytes = false }]) => {
      const values = bytes
        ? new Uint8Array(this.most * CORNERS * size)
        : new Float32Array(this.most * CORNERS * size);
      const attribute = new BufferAttribute(values, size, bytes);
      attribute.setUsage(DynamicDrawUsage);
      this.geometry.setAttribute(name, attribute);
      return attribute;
    });
    this.geometry.setDrawRange(0, 0);
  }

  get count(): number {
    return this.#count;
  }

  /** Begin anew; `next` and `put` follow for each quad, then `done`. */
  clear(): void {
    this.#count = 0;
  }

  /** Number of the next quad, or -1 where the room is used up. */
  next(): number {
    return this.#count === this.most ? -1 : this.#count++;
  }

  /** Values of one column of a quad, the same at its corners. */
  put(column: number, quad: number, a: number, b: number, c = 0, d = 0): void {
    const { array, itemSize } = this.#attributes[column] as BufferAttribute;
    let at = quad * CORNERS * itemSize;
    for (let corner = 0; corner < CORNERS; corner++) {
      array[at] = a;
      array[at + 1] = b;
      if (itemSize > 2) array[at + 2] = c;
      if (itemSize > 3) array[at + 3] = d;
      at += itemSize;
    }
  }

  /** A column of bytes: colour 0..255, and opacity 0..1. */
  putTone(column: number, quad: number, colour: Rgb, opacity: number): void {
    this.put(column, quad, colour[0], colour[1], colour[2], Math.round(255 * Math.min(1, opacity)));
  }

  done(): void {
    this.geometry.setDrawRange(0, this.#count * INDICES);
    if (this.#count === 0) return;
    for (const attribute of this.#attributes) {
      attribute.clearUpdateRanges();
      attribute.addUpdateRange(0, this.#count * CORNERS * attribute.itemSize);
      attribute.needsUpdate = true;
    }
  }

  dispose(): void {
    this.geometry.dispose();
  }
}
