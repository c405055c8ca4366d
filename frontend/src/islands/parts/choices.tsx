import type { Signal } from "@preact/signals";
import type { JSX } from "preact";

export interface ChoiceOption<Key extends string> {
  readonly key: Key;
  readonly name: string;
  readonly hint: string;
  /** Why it cannot be chosen; said in place of the hint. */
  readonly misfit?: string;
}

interface ChoicesProps<Key extends string> {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly ChoiceOption<Key>[];
  readonly of: Signal<Key>;
  readonly onChange?: (key: Key) => void;
  /** Fewer beside one another, for longer sentences. */
  readonly wide?: boolean;
}

/** One of several, each with its sentence; what cannot be chosen says why. */
export function Choices<Key extends string>({
  name,
  legend,
  options,
  of,
  onChange,
  wide = false,
}: ChoicesProps<Key>): JSX.Element {
  return (
    <fieldset class="stack hair">
      <legend>{legend}</legend>
      <div class={wide ? "choices wide" : "choices"}>
        {options.map((option) => (
          <label key={option.key} class={option.misfit ? "choice barred" : "choice"}>
            <input
              type="radio"
              name={name}
              checked={of.value === option.key}
              disabled={Boolean(option.misfit)}
              onChange={() => {
                of.value = option.key;
                onChange?.(option.key);
              }}
            />
            <b>{option.name}</b>
            <span class="hint">{option.misfit || option.hint}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
