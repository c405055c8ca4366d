/** How operations reach the server, apart from how they wait for it. */

import type { Instance, KeypointValue, Operation } from "./types";

export type OperationResult =
  | {
      readonly uuid: string;
      readonly status: "applied" | "duplicate";
      readonly rev: number;
      readonly instance: Instance | null;
    }
  | {
      readonly uuid: string;
      readonly status: "conflict";
      readonly rev: number;
      readonly theirs: KeypointValue;
      readonly instance: Instance | null;
    }
  | { readonly uuid: string; readonly status: "refused"; readonly reason: string }
  /** Not looked at, because one before it met a conflict. */
  | { readonly uuid: string; readonly status: "skipped" };

/**
 * Why nothing of a batch was looked at. `forbidden`: not from this person, or there is no such video for them;
 * that may pass. `refused`: this request can never succeed.
 */
export type TransportFault = "offline" | "signed_out" | "forbidden" | "refused";

export class TransportError extends Error {
  readonly fault: TransportFault;

  constructor(fault: TransportFault, message: string) {
    super(message);
    this.name = "TransportError";
    this.fault = fault;
  }
}

export interface LabelTransport {
  /**
   * All of one video, in the order of making; later ones of a target stand on the earlier ones of the same
   * call. `lastWords`: the page is going away. Throws TransportError.
   */
  send(videoId: number, operations: readonly Operation[], lastWords: boolean): Promise<OperationResult[]>;
  /** After a sign-in elsewhere: make this page fit to send again; false while still signed out. */
  renew(): Promise<boolean>;
}
