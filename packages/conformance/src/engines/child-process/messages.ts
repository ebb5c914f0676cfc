import type { JsonValue, ThreadStoreErrorCode } from "@threadstore/core";

/** A call, as the parent sends it to the process whose store makes it. */
export interface PeerRequest {
  readonly number: number;
  readonly call:
    | {
        readonly method: "save";
        readonly id: string;
        readonly thread: object;
        readonly options: PeerSaveOptions;
      }
    | { readonly method: "load"; readonly id: string }
    | { readonly method: "delete"; readonly id: string; readonly options: { readonly previous?: string } };
}

export interface PeerSaveOptions {
  readonly previous?: string;
  readonly overwrite?: boolean;
}

/** Number 0 tells that the store is open, or why it is not. */
export interface PeerAnswer {
  readonly number: number;
  readonly value?: JsonValue;
  readonly error?: { readonly code?: ThreadStoreErrorCode; readonly message: string };
}
