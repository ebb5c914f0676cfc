import { randomUUID } from "node:crypto";
import type { SessionStore } from "genkit/beta";
import { expect } from "vitest";
import { snapshot } from "./snapshot.test-helper.ts";

export const IDS: readonly string[] = [
  "a/b",
  "a\\b",
  "..",
  "?%#*",
  "é 漢 😀 \u0000",
  "~sha256-",
  "__proto__",
  "k".repeat(200),
];
export const LONG_IDS: readonly string[] = [
  "k".repeat(201),
  "k".repeat(5000),
  "k".repeat(5001),
  `${"x".repeat(39)}😀${"y".repeat(400)}`,
];

/** Expects snapshots and sessions with such ids to be stored apart. */
export async function checkIds(store: SessionStore, ids: readonly string[]): Promise<void> {
  const prefix = randomUUID();
  for (const [index, name] of ids.entries()) {
    const id = `${name}${prefix}`;
    expect(await store.saveSnapshot(id, () => snapshot({ sessionId: id, state: { custom: index } }))).toBe(
      id,
    );
  }
  for (const [index, name] of ids.entries()) {
    const id = `${name}${prefix}`;
    expect(await store.getSnapshot({ snapshotId: id })).toMatchObject({
      snapshotId: id,
      state: { custom: index },
    });
    expect(await store.getSnapshot({ sessionId: id })).toMatchObject({
      snapshotId: id,
      state: { custom: index },
    });
  }
}
