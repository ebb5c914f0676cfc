import { readFileSync } from "node:fs";

/** A client of one conversation. */
export interface Conversation {
  /**
   * Appends texts in one call of the SDK's interface and resolves once they are stored. If the store rejects the call
   * because another client was faster, it reads again and repeats it, as an application does.
   */
  readonly append: (texts: readonly string[]) => Promise<void>;
  /** Reads all texts, as a client that opens the conversation. */
  readonly read: () => Promise<readonly string[]>;
}

/** The outcome of two clients that append to one conversation at once. */
export interface Race {
  /** Texts whose append was acknowledged. */
  readonly written: number;
  /** Those that the conversation does not contain in the end. */
  readonly lost: number;
  /** Appends whose texts are apart, or before an earlier append of the same client. */
  readonly torn: number;
}

/** The bytes that turns of a growing conversation write. */
export interface Growth {
  readonly turns: number;
  /** Of all turns, in bytes. */
  readonly bytes: number;
  /** The bytes of the last quarter of the turns, divided by those of the first quarter. */
  readonly ratio: number;
}

const BATCHES = 10;
const TURNS = 200;

/** Lets two clients append batches at once, each as soon as its previous one is acknowledged. */
export async function measureRace(clients: readonly Conversation[], batchSize: number): Promise<Race> {
  const batches = clients.map((_, client) =>
    Array.from({ length: BATCHES }, (_unused, batch) =>
      Array.from({ length: batchSize }, (_text, part) => `${client} ${batch} ${part}`),
    ),
  );
  await Promise.all(
    clients.map(async ({ append }, client) => {
      for (const batch of batches[client] ?? []) await append(batch);
    }),
  );
  const read = (await clients[0]?.read()) ?? [];
  const positions = new Map(read.map((text, index) => [text, index]));
  const all = batches.flat();
  return {
    written: all.flat().length,
    lost: all.flat().filter((text) => !positions.has(text)).length,
    torn: sum(batches.map((own) => countTorn(own, positions))),
  };
}

function countTorn(batches: readonly (readonly string[])[], positions: ReadonlyMap<string, number>): number {
  let last = -1;
  return batches.filter((batch) => {
    const stored = batch.map((text) => positions.get(text)).filter((index) => index !== undefined);
    const [first] = stored;
    // Lost texts are counted as lost.
    if (first === undefined) return false;
    const isInOrder = first > last && stored.every((index, part) => index === first + part);
    last = Math.max(last, ...stored);
    return !isInOrder;
  }).length;
}

/** Appends a text of a kilobyte 200 times, and counts the bytes that this process writes to files and sockets. */
export async function measureGrowth({ append }: Conversation): Promise<Growth> {
  const written: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const before = writtenBytes();
    await append([`${turn} ${"x".repeat(1000)}`]);
    written.push(writtenBytes() - before);
  }
  const quarter = TURNS / 4;
  return {
    turns: TURNS,
    bytes: sum(written),
    ratio: sum(written.slice(-quarter)) / sum(written.slice(0, quarter)),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The bytes that this process has passed to write calls. */
function writtenBytes(): number {
  const [, count] = /^wchar: (\d+)$/mu.exec(readFileSync("/proc/self/io", "utf8")) ?? [];
  return Number(count);
}
