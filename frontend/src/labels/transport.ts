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
    }
  | { readonly uuid: string; readonly status: "refused"; readonly reason: string }
  /** Not looked at, because one before it met a conflict. */
  | { readonly uuid: string; readonly status: "skipped" };

/** Why nothing of a batch was answered. */
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
  /** All of one video, no two of one target. `lastWords`: the page is going away. Throws TransportError. */
  send(videoId: number, operations: readonly Operation[], lastWords: boolean): Promise<OperationResult[]>;
  /** After a sign-in elsewhere: make this page fit to send again; false while still signed out. */
  renew(): Promise<boolean>;
}
