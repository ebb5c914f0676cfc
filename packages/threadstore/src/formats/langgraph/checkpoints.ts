import type { BaseCheckpointSaver, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { RecordError } from "../record-error.ts";

/** The name of a checkpoint in a thread. */
export interface CheckpointKey {
  /** The checkpoint namespace, which names a subgraph; empty for the graph itself. */
  readonly namespace: string;
  readonly id: string;
}

/** The checkpoints that a saver of LangGraph keeps. */
export interface Checkpoints {
  readonly saver: BaseCheckpointSaver;
  /** Whether it keeps values of channels that have no version. LangGraph writes some that are empty. */
  readonly keepsUnversioned: boolean;
  /** Yields the ids of the threads. */
  readonly threads: () => AsyncGenerator<string>;
  /** Resolves with the checkpoints of a thread by namespace, parents before the checkpoints that follow them. */
  readonly keysOf: (threadId: string) => Promise<CheckpointKey[]>;
  /** Loads a checkpoint as the saver does. */
  readonly load: (threadId: string, key: CheckpointKey) => Promise<CheckpointTuple | undefined>;
}

export type RunnableConfig = Parameters<BaseCheckpointSaver["getTuple"]>[0];

export function configOf(threadId: string, { namespace, id }: CheckpointKey): RunnableConfig {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
}

/** Returns a function that loads the checkpoints of a saver. */
export function loaderOf(saver: BaseCheckpointSaver): Checkpoints["load"] {
  return (threadId, key) => saver.getTuple(configOf(threadId, key));
}

/** Returns the name of a checkpoint for messages. */
export function checkpointName(threadId: string, { namespace, id }: CheckpointKey): string {
  return namespace === "" ? `${threadId} checkpoint ${id}` : `${threadId} checkpoint ${namespace} ${id}`;
}

/** Returns a text that no other key has. */
export function keyText({ namespace, id }: CheckpointKey): string {
  return JSON.stringify([namespace, id]);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** Returns keys by namespace, and the ids, which are ordered by time, in ascending order. */
export function sortedKeys(keys: readonly CheckpointKey[]): CheckpointKey[] {
  return keys.toSorted((a, b) => compare(a.namespace, b.namespace) || compare(a.id, b.id));
}

/**
 * Loads a checkpoint. Throws a {@link RecordError} if the saver cannot read it, and the error of the database or store if
 * that has failed.
 */
export async function readTuple(
  { load }: Checkpoints,
  threadId: string,
  key: CheckpointKey,
): Promise<CheckpointTuple | undefined> {
  try {
    return await load(threadId, key);
  } catch (error) {
    if (typeof error === "object" && error !== null && "code" in error && !("path" in error)) throw error;
    throw new RecordError(UNREADABLE, { cause: error });
  }
}

const UNREADABLE =
  "It cannot be read. It is damaged, or another serializer wrote it, such as that of LangGraph for Python.";
