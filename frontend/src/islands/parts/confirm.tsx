import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Failure, useAction } from "./action";

interface ConfirmProps {
  readonly title: string;
  /** The verb on the button: "Delete recording", never "OK". */
  readonly verb: string;
  readonly children: ComponentChildren;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone; says what goes and what stays. */
export function Confirm({ title, verb, children, onConfirm, onClose }: ConfirmProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const action = useAction();
  useEffect(() => dialog.current?.showModal(), []);
  const confirm = () =>
    action.run(async () => {
      await onConfirm();
      onClose();
    });
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="confirm-title">
      <div class="stack tight">
        <h2 id="confirm-title">{title}</h2>
        <div>{children}</div>
        <Failure of={action.error} />
        <div class="actions">
          <button type="button" class="btn danger" disabled={action.busy.value} onClick={confirm}>
            {action.busy.value ? "Working …" : verb}
          </button>
          <button type="button" class="btn" autofocus onClick={onClose}>
            Keep it
          </button>
        </div>
      </div>
    </dialog>
  );
}
