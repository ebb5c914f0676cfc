import {
  type BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointTuple,
  emptyCheckpoint,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { memoryStore } from "@threadstore/core";
import type { RunnableConfig } from "./config.ts";
import { ThreadStoreSaver, type ThreadStoreSaverOptions } from "./index.ts";

export const METADATA = { source: "loop", step: 0, parents: {} } as const;

export function newSaver(options: Partial<ThreadStoreSaverOptions> = {}): ThreadStoreSaver {
  return new ThreadStoreSaver({ store: memoryStore(), ...options });
}

export function configOf(thread: string, namespace = "", checkpoint?: string): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: checkpoint } };
}

let version = 0;

/** Returns the version of the channels of the last checkpoint of {@link put}. */
export function lastVersion(): number {
  return version;
}

/** Puts a checkpoint whose channels are all new. */
export function put(
  saver: ThreadStoreSaver,
  config: RunnableConfig,
  values: { readonly [channel: string]: unknown },
  id: string = uuid6(0),
): Promise<RunnableConfig> {
  version += 1;
  const versions = Object.fromEntries(Object.keys(values).map((name) => [name, version]));
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id,
    channel_values: values,
    channel_versions: versions,
  };
  return saver.put(config, checkpoint, METADATA, versions);
}

export async function valuesOf(saver: ThreadStoreSaver, config: RunnableConfig): Promise<unknown> {
  return (await saver.getTuple(config))?.checkpoint.channel_values;
}

export async function listOf(saver: BaseCheckpointSaver, config: RunnableConfig): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of saver.list(config)) tuples.push(tuple);
  return tuples;
}
