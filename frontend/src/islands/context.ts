import type { Api } from "../api/client";

/** What every island is given. Whatever it creates, it disposes of when `signal` aborts. */
export interface IslandContext<Props = unknown> {
  readonly api: Api;
  readonly signal: AbortSignal;
  readonly props: Props;
}

/** `root` is the element with `data-island`; the island owns its children. */
export type Mount<Props = never> = (root: HTMLElement, context: IslandContext<Props>) => void | Promise<void>;

export interface IslandModule {
  readonly mount: Mount;
}
