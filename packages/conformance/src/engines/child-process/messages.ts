import type { JsonValue, ThreadMetadata, ThreadStoreErrorCode } from "@threadstore/core";

/** A call that the parent sends to the child process, whose store runs it. */
export interface ChildRequest {
  readonly number: number;
  readonly call:
    | {
        readonly method: "save";
        readonly id: string;
        readonly thread: object;
        readonly options: ChildOptions;
      }
    | {
        readonly method: "append";
        readonly id: string;
        readonly elements: readonly unknown[];
        readonly options: ChildOptions;
      }
    | { readonly method: "touch"; readonly id: string; readonly options: ChildOptions }
    | {
        readonly method: "update";
        readonly id: string;
        readonly thread: object;
        readonly options: ChildOptions;
      }
    | { readonly method: "load"; readonly id: string }
    | { readonly method: "delete"; readonly id: string; readonly options: ChildOptions };
}

/** The options of calls in a child process. Each call has those of its method. */
export interface ChildOptions {
  readonly previous?: string;
  readonly overwrite?: boolean;
  readonly metadata?: ThreadMetadata;
  readonly key?: string;
  readonly create?: object;
}

/** The result of the request with the same number. Number 0 reports that the store was opened, or why that failed. */
export interface ChildResponse {
  readonly number: number;
  readonly value?: JsonValue;
  readonly error?: { readonly code?: ThreadStoreErrorCode; readonly message: string };
}
