import { randomBytes } from "node:crypto";
import { withAttachments } from "@threadstore/attachments";
import { withCompression } from "@threadstore/compression";
import { memoryStore, type StoredThread } from "@threadstore/core";
import { applyRetention, copyThreads, eraseWhere } from "@threadstore/core/maintenance";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { expect, it } from "vitest";
import { memoryBackend, secret } from "./backend.test-helper.ts";
import type { HistoryStore } from "./history-store.ts";
import { withHistory } from "./with-history.ts";

async function textsOf(store: HistoryStore): Promise<(string | undefined)[]> {
  const versions = await store.versions("a");
  return Promise.all(versions.map(async ({ version }) => (await store.loadVersion("a", version))?.json));
}

it("attachments of all versions are kept, once each, until the versions are pruned", async () => {
  let time = 0;
  const now = (): number => time;
  // Files of a kind begin and end alike.
  const images = Array.from({ length: 3 }, () => {
    const parts = ["\u0089PNG\r\n", randomBytes(24_000), "IEND"].map((part) => Buffer.from(part));
    return Buffer.concat(parts).toString("base64");
  });
  const inner = memoryStore({ now });
  const store = withHistory(withAttachments(inner), { keep: { ageMs: 1000 } });
  const attachments = async (): Promise<number> => {
    return (await inner.namespace(".attachments").listPage()).threads.length;
  };
  const texts = [[images[0]], [images[0], images[1]], [images[2]]].map((n) => JSON.stringify({ n }));
  let previous: StoredThread | undefined;
  for (const text of texts) previous = await store.save("a", text, { previous });
  expect(await attachments()).toBe(3);
  expect(await textsOf(store)).toEqual(texts.toReversed());
  const target = memoryStore({ now });
  const copy = withHistory(withAttachments(target));
  expect(await copyThreads(store, copy)).toMatchObject({ copied: 1 });
  expect(await textsOf(copy)).toEqual(texts.toReversed());
  time = 2000;
  expect(await store.prune("a")).toMatchObject({ versions: 2 });
  expect(await attachments()).toBe(1);
  expect(await textsOf(store)).toEqual([texts[2]]);
  expect(() => withAttachments(store)).toThrow("`withAttachments` must be inside of `withHistory`.");
});

it("retention and erasure delete threads with all of their versions and attachments", async () => {
  const inner = memoryStore();
  const store = withHistory(withAttachments(inner));
  // Files of a kind begin and end alike.
  const images = Array.from({ length: 3 }, () => {
    const parts = ["\u0089PNG\r\n", randomBytes(24_000), "IEND"].map((part) => Buffer.from(part));
    return Buffer.concat(parts).toString("base64");
  });
  for (const owner of ["ann", "bob", "bob"]) {
    const view = store.namespace(owner);
    const { threads } = await view.listPage();
    let previous: StoredThread | undefined;
    for (const image of images) {
      previous = await view.save(`${threads.length}`, { image }, { previous, metadata: { owner } });
    }
  }
  const attachments = async (name: string): Promise<number> => {
    return (await inner.namespace(name).namespace(".attachments").listPage()).threads.length;
  };
  expect([await attachments("ann"), await attachments("bob")]).toEqual([3, 6]);
  expect(await eraseWhere(store, { owner: "ann" })).toMatchObject({ threads: 1 });
  expect(await applyRetention(store, { keepNewest: 1 })).toMatchObject({ threads: 1 });
  expect([await attachments("ann"), await attachments("bob")]).toEqual([0, 3]);
  expect((await store.namespace("bob").listPage()).threads).toHaveLength(1);
});

it("all layers together write once for each save, read nothing, and return every version", async () => {
  const backend = memoryBackend();
  const keys = staticKeys({ current: "test", keys: { test: new Uint8Array(32).fill(7) } });
  const open = (): HistoryStore =>
    withHistory(withCompression(withEncryption(backend.openInner(), { keys })));
  const store = open();
  const text = secret();
  const messages: object[] = [];
  const texts: string[] = [];
  let previous: StoredThread | undefined;
  for (let turn = 0; turn < 30; turn += 1) {
    const question = { role: "user", content: `Question ${turn} about ${text}?` };
    messages.push(question, { role: "assistant", content: `Answer ${turn}. `.repeat(50) });
    // Every tenth turn, an earlier message is edited.
    if (turn % 10 === 9) messages[turn] = { role: "user", content: "edited" };
    backend.requests.length = 0;
    previous = await store.save("a", { messages }, { previous });
    expect(backend.requests.map(({ operation }) => operation)).toEqual(["write"]);
    expect(backend.requests[0]?.bytes).toBeLessThan(2000);
    texts.unshift(previous.json);
  }
  expect(await textsOf(open())).toEqual(texts);
  expect(await backend.textOf("a")).not.toContain(text);
  expect((await backend.textOf("a")).length).toBeLessThan((texts[0] ?? "").length);
});
