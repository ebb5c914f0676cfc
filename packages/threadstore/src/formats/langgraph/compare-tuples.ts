import type { BaseCheckpointSaver, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import type { JsonValue } from "@threadstore/core";
import { canonicalJson } from "@threadstore/core/documents";

type Serializer = BaseCheckpointSaver["serde"];

/** A checkpoint as text that equal checkpoints have. */
export interface ComparableTuple {
  /** The checkpoint without its pending writes. */
  readonly checkpoint: string;
  /** The pending writes, each of which a run can add later. */
  readonly writes: ReadonlySet<string>;
}

/**
 * Returns the text of a checkpoint. Savers order its members and its pending writes differently. Without `unversioned`,
 * the values of channels that have no version are left out.
 */
export async function comparable(
  serde: Serializer,
  tuple: CheckpointTuple,
  { unversioned }: { readonly unversioned: boolean },
): Promise<ComparableTuple> {
  const { v, id, ts, channel_versions, versions_seen } = tuple.checkpoint;
  const values = Object.entries(tuple.checkpoint.channel_values);
  const channel_values = Object.fromEntries(
    values.filter(([name]) => unversioned || Object.hasOwn(channel_versions, name)),
  );
  const parent: unknown = tuple.parentConfig?.configurable?.["checkpoint_id"];
  const checkpoint = await Promise.all([
    textOf(serde, channel_values),
    textOf(serde, { v, id, ts, channel_versions, versions_seen }),
    textOf(serde, tuple.metadata ?? {}),
  ]);
  const writes = await Promise.all(
    (tuple.pendingWrites ?? []).map(async ([task, channel, value]) =>
      JSON.stringify([task, channel, await textOf(serde, value)]),
    ),
  );
  return { checkpoint: JSON.stringify([parent ?? null, ...checkpoint]), writes: new Set(writes) };
}

async function textOf(serde: Serializer, value: unknown): Promise<string> {
  const [type, bytes] = await serde.dumpsTyped(value);
  if (type !== "json") return `${type}:${Buffer.from(bytes).toString("base64")}`;
  const text = new TextDecoder().decode(bytes);
  return text === "" ? "" : canonicalJson(JSON.parse(text) as JsonValue);
}

export function isSubset(values: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...values].every((value) => others.has(value));
}
