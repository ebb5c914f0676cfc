import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { ThreadStore } from "@threadstore/core";
import type { CheckpointCache } from "./checkpoint-cache.ts";
import type { Moments } from "./moments.ts";
import type { EmptyHeads } from "./single-writer.ts";

/** State and settings that the methods of a saver share. */
export interface SaverContext {
  /** The namespace that contains a namespace for each thread. */
  readonly store: ThreadStore;
  readonly serde: SerializerProtocol;
  readonly cache: CheckpointCache;
  readonly emptyHeads: EmptyHeads;
  readonly ttlMs: number | undefined;
  readonly singleWriter: boolean;
  readonly now: () => number;
  readonly moments: Moments;
  readonly wait: Wait;
}

/** Resolves after this time in milliseconds. */
export type Wait = (duration: number) => Promise<void>;

/** A thread and the namespace with its records. */
export interface ThreadRecords {
  readonly threadId: string;
  readonly records: ThreadStore;
  readonly wait: Wait;
}

export function threadRecords({ store, wait }: SaverContext, threadId: string): ThreadRecords {
  return { threadId, records: store.namespace(threadId), wait };
}
