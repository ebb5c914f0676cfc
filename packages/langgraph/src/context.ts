import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { ThreadStore } from "@threadstore/core";
import type { CheckpointCache } from "./checkpoint-cache.ts";
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
}

/** A thread and the namespace with its records. */
export interface ThreadRecords {
  readonly threadId: string;
  readonly records: ThreadStore;
}

export function threadRecords({ store }: SaverContext, threadId: string): ThreadRecords {
  return { threadId, records: store.namespace(threadId) };
}
