import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { wordsOf } from "../../api/problem";

/** One thing a person asked for: is it under way, and what went wrong last time. */
export interface Action {
  readonly busy: Signal<boolean>;
  readonly error: Signal<string | null>;
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

/** Runs one piece of work at a time; a second press while it runs does nothing. */
export function useAction(): Action {
  const busy = useSignal(false);
  const error = useSignal<string | null>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      await work();
    } catch (thrown) {
      error.value = wordsOf(thrown);
    } finally {
      busy.value = false;
    }
  };
  return { busy, error, run };
}

export function Failure({ of }: { readonly of: Signal<string | null> }): JSX.Element | null {
  if (!of.value) return null;
  return (
    <p class="note bad" role="alert">
      {of.value}
    </p>
  );
}
