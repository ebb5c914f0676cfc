import { randomBytes } from "node:crypto";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { applyRetention, eraseWhere } from "@threadstore/core/maintenance";
import { staticKeys, withEncryption, withHiddenIds } from "@threadstore/encryption";
import { describe, expect, it } from "vitest";
import { type LayerName, stackOn } from "./stacks.ts";

const keys = staticKeys({ current: "k", keys: { k: randomBytes(32) } });
const hiddenKey = randomBytes(32);

const jobs: [string, (store: ThreadStore) => Promise<{ readonly threads: number }>][] = [
  ["eraseWhere", async (store) => eraseWhere(store, { owner: "alice" })],
  ["applyRetention", async (store) => applyRetention(store, { where: { owner: "alice" } })],
];

describe.each(jobs)("%s with sealed metadata", (_, run) => {
  async function filled(layers: readonly LayerName[]): Promise<{ inner: ThreadStore; store: ThreadStore }> {
    const records: MemoryRecords = new Map();
    const encrypted = withEncryption(memoryStore({ records }), { keys, metadata: "sealed" });
    const store = stackOn(layers, encrypted);
    for (const view of [store, store.namespace("n")]) {
      await view.save("a", { messages: [] }, { metadata: { owner: "alice" } });
      await view.save("b", { messages: [] }, { metadata: { owner: "bob", ".encryption.sealed": "mine" } });
    }
    return { inner: memoryStore({ records }), store };
  }

  it.each<[LayerName[]]>([[[]], [["compression"]], [["history", "attachments", "compression"]]])(
    "finds threads through the layers %j, and rejects below encryption",
    async (layers) => {
      const { inner, store } = await filled(layers);
      await expect(run(inner)).rejects.toMatchObject({
        code: "MISCONFIGURED",
        message: expect.stringContaining("`withEncryption`"),
      });
      expect((await store.listPage()).threads).toHaveLength(2);
      expect(await run(store)).toMatchObject({ threads: 2, corrupt: 0, cursor: undefined });
      expect((await store.namespace("n").listPage()).threads).toMatchObject([{ id: "b" }]);
    },
  );

  it("finds threads with hidden ids", async () => {
    const store = withHiddenIds((await filled([])).store, { key: hiddenKey });
    await store.erase();
    await store.save("c", {}, { metadata: { owner: "alice" } });
    expect(await run(store)).toMatchObject({ threads: 1, cursor: undefined });
  });
});
