import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { wordsOf } from "../../api/problem";

/** Something read from the server: absent, there, or refused; a refresh keeps the old value in sight. */
export class Resource<T> {
  readonly value: Signal<T | null> = signal(null);
  readonly error: Signal<string | null> = signal(null);
  readonly #load: () => Promise<T>;
  #latest = 0;

  constructor(load: () => Promise<T>) {
    this.#load = load;
    void this.refresh();
  }

  /** Reads again; an answer that a later request has overtaken is dropped. */
  async refresh(): Promise<void> {
    this.#latest += 1;
    const request = this.#latest;
    try {
      const value = await this.#load();
      if (request !== this.#latest) return;
      this.value.value = value;
      this.error.value = null;
    } catch (error) {
      if (request === this.#latest) this.error.value = wordsOf(error);
    }
  }
}

interface LoadedProps<T> {
  readonly of: Resource<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows a resource, or a word about why it is not there yet. */
export function Loaded<T>({ of, what, children }: LoadedProps<T>): JSX.Element {
  const value = of.value.value;
  const error = of.error.value;
  return (
    <>
      {error && (
        <p class="note bad" role="alert">
          {error}{" "}
          <button type="button" class="link" onClick={() => void of.refresh()}>
            Try again
          </button>
        </p>
      )}
      {value !== null ? children(value) : !error && <p class="dim">Reading {what} …</p>}
    </>
  );
}
