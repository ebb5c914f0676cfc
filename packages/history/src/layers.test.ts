import { randomBytes } from "node:crypto";
import { withAttachments } from "@threadstore/attachments";
import { memoryStore, type StoredThread } from "@threadstore/core";
import { applyRetention, copyThreads, eraseWhere } from "@threadstore/core/maintenance";
import { expect, it } from "vitest";
import type { HistoryStore } from "./history-store.ts";
import { withHistory } from "./with-history.ts";

async function textsOf(store: HistoryStore): Promise<(string | undefined)[]> {
  const versions = await store.versions("a");
  return Promise.all(versions.map(async ({ version }) => (await store.loadVersion("a", version))?.json));
}

it("attachments of all versions are kept, once each, until the versions are pruned", async () => {
  let time = 0;
  const now = (): number => time;
  const images = Array.from({ length: 3 }, () => randomBytes(24_000).toString("base64"));
  const inner = memoryStore({ now });
  const store = withHistory(withAttachments(inner, { now }), { keep: { ageMs: 1000 }, now });
  const attachments = async (): Promise<number> => {
    return (await inner.namespace(".attachments").listPage()).threads.length;
  };
  const texts = [[images[0]], [images[0], images[1]], [images[2]]].map((n) => JSON.stringify({ n }));
  let previous: StoredThread | undefined;
  for (const text of texts) previous = await store.save("a", text, { previous });
  expect(await attachments()).toBe(3);
  expect(await textsOf(store)).toEqual(texts.toReversed());
  const target = memoryStore({ now });
  const copy = withHistory(withAttachments(target, { now }), { now });
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
  const images = Array.from({ length: 3 }, () => randomBytes(24_000).toString("base64"));
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
