import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { NextStep } from "./call/steps.ts";
import { RESERVED } from "./format/names.ts";
import type { ResolvedOptions } from "./options.ts";

/** A namespace of the store beneath: its threads, and the attachments of them. */
export interface Place {
  readonly threads: ThreadStore;
  /** `undefined` where the name of the namespace is so long that none fits below it: threads stay whole there. */
  readonly attachments: ThreadStore | undefined;
  /** The names of the namespaces around, from the store that was given. */
  readonly path: readonly string[];
  readonly options: ResolvedOptions;
}

export function placeOf(threads: ThreadStore, path: readonly string[], options: ResolvedOptions): Place {
  return { threads, attachments: namespaceBelow(threads), path, options };
}

function namespaceBelow(threads: ThreadStore): ThreadStore | undefined {
  try {
    return threads.namespace(RESERVED);
  } catch (error) {
    if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) return undefined;
    throw error;
  }
}

/** A call on one thread. */
export interface ThreadCall {
  readonly place: Place;
  readonly id: string;
  readonly next: NextStep;
}
