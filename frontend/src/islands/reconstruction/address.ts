/** The address of what is on the screen. */

import type { Desk } from "./desk";

/** Opens this very tick from this viewpoint. */
export function addressOf({ target, look }: Pick<Desk, "target" | "look">): string {
  const query = new URLSearchParams({ tick: String(target.peek()) });
  if (look.text !== "") query.set("from", look.text);
  return `?${query}`;
}
