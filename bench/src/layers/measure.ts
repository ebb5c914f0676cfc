import type { StoredThread, ThreadStore } from "@threadstore/core";
import { measured, type Sample } from "../measure/stopwatch.ts";
import type { Message } from "../messages.ts";
import type { Layers } from "./layers.ts";

/** Where a conversation is stored: at each location, another store. */
export type OpenStore = (location: string) => ThreadStore;

/** What a conversation costs with some layers. */
export interface Costs {
  readonly saves: Sample;
  readonly appends: Sample;
  readonly loads: Sample;
  /** The size of the thread in the store without the layers, in bytes. */
  readonly storedBytes: number;
  readonly threadBytes: number;
}

const ID = "conversation";
const LOADS = 10;

/** Saves a conversation after each turn, appends the same turns to another thread, and loads the first one. */
export async function costsOf(
  open: OpenStore,
  { on }: Layers,
  turns: readonly (readonly Message[])[],
  location: string,
): Promise<Costs> {
  const store = on(open(location));
  await store.save("first use", { messages: turns[0] });
  const saves = await measured(async ({ step }) => {
    const messages: Message[] = [];
    let previous: StoredThread | undefined;
    for (const turn of turns) {
      messages.push(...turn);
      previous = await step(() => store.save(ID, { messages }, { previous }));
    }
  });
  const appends = await measured(async ({ step }) => {
    const create = { messages: [] };
    for (const turn of turns) await step(() => store.append("appended", turn, { create }));
  });
  await store.close();
  const loading = on(open(location));
  await loading.load("first use");
  let threadBytes = 0;
  const loads = await measured(async ({ step }) => {
    for (let load = 0; load < LOADS; load += 1) {
      const loaded = await step(async () => {
        const stored = await loading.load(ID);
        return stored?.thread && stored;
      });
      threadBytes = loaded?.size ?? 0;
    }
  });
  await loading.close();
  return { saves, appends, loads, threadBytes, storedBytes: await storedSize(open(location)) };
}

async function storedSize(store: ThreadStore): Promise<number> {
  const stored = await store.load(ID);
  await store.close();
  return stored?.size ?? 0;
}

/** Measures all layers in each round, so that a slow phase of the machine affects all of them. */
export async function measureLayers(
  open: OpenStore,
  layers: readonly Layers[],
  turns: readonly (readonly Message[])[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Costs[]>> {
  const costs = new Map<string, Costs[]>(layers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % layers.length;
    const rotated = [...layers.slice(first), ...layers.slice(0, first)];
    for (const layer of rotated) {
      const location = `layers-${round}-${layers.indexOf(layer)}`;
      costs.get(layer.name)?.push(await costsOf(open, layer, turns, location));
    }
  }
  return costs;
}

/** Bytes that a sample has sent to a server or written to files. */
export function bytesWritten({ sent, written }: Sample): number {
  return sent > 0 ? sent : (written ?? Number.NaN);
}
