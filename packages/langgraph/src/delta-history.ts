import type { CheckpointPendingWrite, DeltaChannelHistory } from "@langchain/langgraph-checkpoint";
import { ancestors } from "./ancestors.ts";
import type { SaverContext, ThreadRecords } from "./context.ts";
import { loadContents, recordLoader } from "./load-channels.ts";
import { deserialize } from "./serialized.ts";

interface Collected {
  /** From the latest to the oldest. */
  readonly writes: CheckpointPendingWrite[];
  seed?: { readonly value: unknown };
}

/**
 * Walks from the parent of a checkpoint to the root. Returns for each channel the writes up to the nearest ancestor
 * that has a value of it, and that value as the seed. Loads no other values.
 */
export async function deltaHistory(
  context: SaverContext,
  thread: ThreadRecords,
  start: { readonly namespace: string; readonly parentId: string | undefined },
  channels: readonly string[],
): Promise<Record<string, DeltaChannelHistory>> {
  const collected = new Map(channels.map((name): [string, Collected] => [name, { writes: [] }]));
  const load = recordLoader(thread.records);
  for await (const { known, writes } of ancestors(context, thread, start)) {
    const open = [...collected].filter(([, { seed }]) => seed === undefined);
    await loadContents(
      load,
      known,
      open.map(([name]) => name),
    );
    // Its size has changed.
    context.cache.get(thread.threadId, known.recordId);
    for (const [name, channel] of open) {
      channel.writes.push(...writes.filter(([, written]) => written === name).toReversed());
      const content = known.contents.get(name);
      const value = content && (await deserialize(context.serde, content.value));
      if (value !== undefined) channel.seed = { value };
    }
    if (open.every(([, { seed }]) => seed !== undefined)) break;
  }
  return Object.fromEntries(
    [...collected].map(([name, { writes, seed }]) => [
      name,
      { writes: writes.toReversed(), ...(seed && { seed: seed.value }) },
    ]),
  );
}
