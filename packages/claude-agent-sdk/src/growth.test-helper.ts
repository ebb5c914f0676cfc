import { expect } from "vitest";
import { countingStore, type Transfer } from "./driver.test-helper.ts";
import { messages, newKey } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

const BATCH = 10;

/**
 * Fills a session with entries, and compares what its last appends transfer with the first. The entries must fill many
 * segments, so that moving them to a segment costs both halves the same.
 */
export async function expectConstantCost(entries: number, segmentBytes: number): Promise<void> {
  const transfer: Transfer = { requests: 0, bytes: 0 };
  const store = countingStore(transfer);
  const sessions = claudeSessionStore({ store, segmentBytes });
  const key = newKey();
  const costs: Transfer[] = [];
  for (let count = 0; count < entries; count += BATCH) {
    const batch = messages(BATCH, `${count} ${"x".repeat(200)}`);
    const before = { ...transfer };
    await sessions.append(key, batch);
    costs.push({ requests: transfer.requests - before.requests, bytes: transfer.bytes - before.bytes });
  }
  for (const measure of ["requests", "bytes"] as const) {
    const values = costs.map((cost) => cost[measure]);
    const hundreds = [values.slice(0, 100), values.slice(-100)].map(median);
    expect(hundreds[1]).toBeLessThanOrEqual(1.5 * (hundreds[0] ?? 0));
    const middle = values.length / 2;
    // With the costs of new segments.
    const halves = [values.slice(0, middle), values.slice(middle)].map(sum);
    expect(halves[1]).toBeLessThanOrEqual(1.5 * (halves[0] ?? 0));
  }
  expect(await sessions.load(key)).toHaveLength(entries);
  await expectRepetition(claudeSessionStore({ store, segmentBytes }), key, transfer);
}

/** The first append of another process must not read the contents of the older segments. */
async function expectRepetition(
  sessions: ReturnType<typeof claudeSessionStore>,
  key: ReturnType<typeof newKey>,
  transfer: Transfer,
): Promise<void> {
  const entries = (await sessions.load(key)) ?? [];
  const before = transfer.bytes;
  await sessions.append(key, entries.slice(0, BATCH));
  const loaded = JSON.stringify(entries).length;
  expect(transfer.bytes - before).toBeLessThan(loaded / 4);
  expect(await sessions.load(key)).toHaveLength(entries.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
