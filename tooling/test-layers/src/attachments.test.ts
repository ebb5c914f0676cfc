import { randomBytes } from "node:crypto";
import { withAttachments } from "@threadstore/attachments";
import { withCompression } from "@threadstore/compression";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { type HistoryStore, withHistory } from "@threadstore/history";
import { expect, it } from "vitest";

const DAY = 86_400_000;
const key = randomBytes(32);

/** Returns a store with all layers, of which history keeps few versions. */
function openAll(records: MemoryRecords, now: () => number): HistoryStore {
  const keys = staticKeys({ current: "test", keys: { test: key } });
  const encrypted = withEncryption(memoryStore({ records, now }), { keys });
  return withHistory(withAttachments(withCompression(encrypted)), { keep: { versions: 3 } });
}

function pictureMessage(): { readonly url: string } {
  return { url: `data:image/png;base64,${randomBytes(30_000).toString("base64")}` };
}

const countAttachments = (records: MemoryRecords): number => records.get(".attachments")?.size ?? 0;

async function deleteExpired(store: ThreadStore): Promise<void> {
  let cursor: string | undefined;
  do ({ cursor } = await store.deleteExpired({ cursor }));
  while (cursor !== undefined);
}

it("no version loses its attachments, which are stored once and encrypted", async () => {
  const records: MemoryRecords = new Map();
  let now = Date.now();
  const store = openAll(records, () => now);
  const [first, second] = [pictureMessage(), pictureMessage()];
  const one = await store.save("a", { messages: [first] });
  const two = await store.save("a", { messages: [first, second] }, { previous: one });
  await store.save("a", { messages: ["no picture"] }, { previous: two });
  expect(countAttachments(records)).toBe(2);
  now += 2 * DAY;
  await deleteExpired(store);
  const other = openAll(records, () => now);
  expect((await other.load("a"))?.thread).toEqual({ messages: ["no picture"] });
  expect((await other.loadVersion("a", one))?.thread).toEqual({ messages: [first] });
  expect((await other.loadVersion("a", two))?.thread).toEqual({ messages: [first, second] });
  const stored = [...records.values()].flatMap((threads) => [...threads.values()]);
  for (const { bytes } of stored) {
    expect(Buffer.from(bytes).toString()).not.toContain(first.url.slice(100, 160));
    expect(Buffer.from(bytes).toString()).not.toContain("no picture");
  }
});

it("attachments of versions that are not kept are deleted, and all of them with the thread", async () => {
  const records: MemoryRecords = new Map();
  let now = Date.now();
  const store = openAll(records, () => now);
  let previous = await store.save("a", { n: 0, picture: pictureMessage() });
  const kept = pictureMessage();
  for (let n = 1; n < 12; n += 1) previous = await store.save("a", { n, picture: kept }, { previous });
  await store.prune("a");
  now += 2 * DAY;
  await deleteExpired(store);
  expect(countAttachments(records)).toBe(1);
  expect((await store.load("a"))?.thread).toEqual({ n: 11, picture: kept });
  await store.delete("a");
  expect(countAttachments(records)).toBe(0);
});
