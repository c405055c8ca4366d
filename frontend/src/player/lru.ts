/**
 * Least-recently-used cache bounded by bytes.
 *
 * `onEvict` receives every value that leaves (evicted, replaced, deleted or cleared), so that values that
 * hold decoder memory are closed exactly once. The newest value always stays, even when it alone exceeds
 * the bound: a cache that refuses the frame on screen would decode it again for ever.
 */
export class ByteLru<K, V> {
  readonly #entries = new Map<K, { value: V; bytes: number }>();
  readonly #onEvict: (value: V, key: K) => void;
  #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number, onEvict: (value: V, key: K) => void = () => {}) {
    this.#maxBytes = checked(maxBytes);
    this.#onEvict = onEvict;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Another bound; what is too much for it leaves at once. */
  setMaxBytes(maxBytes: number): void {
    this.#maxBytes = checked(maxBytes);
    this.#shrink();
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The value, which becomes the most recently used. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V, bytes: number): void {
    this.delete(key);
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    this.#shrink();
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#onEvict(entry.value, key);
    return true;
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }

  #shrink(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes || this.#entries.size === 1) break;
      this.delete(oldest);
    }
  }
}

function checked(maxBytes: number): number {
  if (!(maxBytes > 0)) throw new RangeError(`maxBytes must be positive, got ${maxBytes}.`);
  return maxBytes;
}
