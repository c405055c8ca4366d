import type { JSX } from "preact";

interface VideoChoiceProps {
  readonly legend: string;
  /** As the label set has them: recording/view. */
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (name: string, ticked: boolean) => void;
}

/** Any of the videos of a project. */
export function VideoChoice({ legend, names, chosen, onChange }: VideoChoiceProps): JSX.Element {
  return (
    <fieldset class="row">
      <legend class="visually-hidden">{legend}</legend>
      {names.map((name) => (
        <label key={name} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(event) => {
              onChange(name, event.currentTarget.checked);
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

/** Names after one was ticked or unticked. */
export function ticking(names: readonly string[], name: string, ticked: boolean): readonly string[] {
  const others = names.filter((other) => other !== name);
  return ticked ? [...others, name] : others;
}
