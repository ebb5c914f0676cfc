import type { JsonValue, ThreadStoreErrorCode } from "@threadstore/core";

/** A call that the parent sends to the child process, whose store runs it. */
export interface ChildRequest {
  readonly number: number;
  readonly call:
    | {
        readonly method: "save";
        readonly id: string;
        readonly thread: object;
        readonly options: ChildSaveOptions;
      }
    | { readonly method: "load"; readonly id: string }
    | { readonly method: "delete"; readonly id: string; readonly options: { readonly previous?: string } };
}

export interface ChildSaveOptions {
  readonly previous?: string;
  readonly overwrite?: boolean;
}

/** The result of the request with the same number. Number 0 reports that the store was opened, or why that failed. */
export interface ChildResponse {
  readonly number: number;
  readonly value?: JsonValue;
  readonly error?: { readonly code?: ThreadStoreErrorCode; readonly message: string };
}
