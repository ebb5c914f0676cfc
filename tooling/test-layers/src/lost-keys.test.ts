import { randomBytes } from "node:crypto";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { applyRetention, eraseWhere } from "@threadstore/core/maintenance";
import { type EncryptionOptions, reseal, staticKeys, withEncryption } from "@threadstore/encryption";
import { describe, expect, it } from "vitest";
import { type LayerName, STACKS, stackOn } from "./stacks.ts";

const lost = staticKeys({ current: "lost", keys: { lost: randomBytes(32) } });
const keys = staticKeys({ current: "new", keys: { new: randomBytes(32) } });

const variants = [["encryption"] as LayerName[], ...STACKS].flatMap((layers) =>
  (["plain", "sealed"] as const).map((metadata) => ({ title: layers.join(" over "), layers, metadata })),
);

describe.each(variants)("a lost key, $title, metadata $metadata", ({ layers, metadata }) => {
  const records: MemoryRecords = new Map();

  function open(options: Partial<EncryptionOptions> = {}): ThreadStore {
    const encrypted = withEncryption(memoryStore({ records }), { keys, metadata, ...options });
    return stackOn(
      layers.filter((name) => name !== "encryption"),
      encrypted,
    );
  }

  const cleaning = (): ThreadStore => open({ missingKeys: "corrupt" });

  /** Stores one thread with the lost key and one with the current key. */
  async function reset(): Promise<void> {
    records.clear();
    const text = "a text that becomes an attachment".repeat(20);
    await open({ keys: lost }).save("a", { messages: [text] }, { metadata: { owner: "alice" } });
    await open().save("b", { messages: ["b"] }, { metadata: { owner: "alice" } });
  }

  it("rejects with MISCONFIGURED, the id of the key and the remedy, because the key may only be missing here", async () => {
    await reset();
    const failure = {
      code: "MISCONFIGURED",
      message: expect.stringMatching(/`lost`.*`missingKeys: "corrupt"`/u),
    };
    await expect(open().load("a")).rejects.toMatchObject(failure);
    const listing = open()
      .listPage()
      .catch((error: unknown) => error);
    expect(await listing).toMatchObject(metadata === "sealed" ? failure : { cursor: undefined });
    expect((await open({ keys: lost }).load("a"))?.metadata).toEqual({ owner: "alice" });
  });

  it("with `missingKeys`, a thread is corrupt, and listings and jobs continue past it", async () => {
    await reset();
    const store = cleaning();
    await expect(store.load("a")).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("`lost`"),
    });
    await expect(store.append("a", ["x"])).rejects.toMatchObject({ code: "CORRUPT" });
    const { threads } = await store.listPage({ metadata: true });
    expect(threads).toMatchObject([
      { id: "a", corrupt: metadata === "sealed" },
      { id: "b", corrupt: false },
    ]);
    const corrupt: string[] = [];
    const receipt = await applyRetention(
      store,
      { olderThanMs: 86_400_000 },
      { onCorrupt: ({ id }) => void corrupt.push(id) },
    );
    expect(receipt).toMatchObject({ threads: 0, corrupt: metadata === "sealed" ? 1 : 0 });
    expect(corrupt).toEqual(metadata === "sealed" ? ["a"] : []);
  });

  it.each<[string, (store: ThreadStore) => Promise<unknown>, object | undefined]>([
    ["delete", async (store) => store.delete("a"), undefined],
    ["overwrite", async (store) => store.save("a", { n: 1 }, { overwrite: true }), { n: 1 }],
    ["overwrite with metadata", async (store) => overwriteAll(store), { n: 2 }],
    ["delete of a listed version", async (store) => deleteListed(store), undefined],
  ])("with `missingKeys`, a thread can be removed: %s", async (_, remove, expected) => {
    await reset();
    await remove(cleaning());
    expect((await open().load("a"))?.thread).toEqual(expected);
    expect((await open().load("b"))?.thread).toEqual({ messages: ["b"] });
    expect((await open().listPage()).threads.map(({ id }) => id)).toEqual(expected ? ["a", "b"] : ["b"]);
  });

  it("erases without keys", async () => {
    await reset();
    expect(await open().erase()).toMatchObject({ threads: 2 });
    expect((await open().listPage()).threads).toEqual([]);
  });

  it("does not count as erased by metadata if these cannot be read", async () => {
    await reset();
    const erased = await eraseWhere(cleaning(), { owner: "alice" });
    expect(erased).toMatchObject(
      metadata === "sealed" ? { threads: 1, corrupt: 1 } : { threads: 2, corrupt: 0 },
    );
  });

  it("does not stop `reseal`, which counts the thread as corrupt", async () => {
    await reset();
    const inner = memoryStore({ records });
    await expect(reseal(inner, { keys })).rejects.toMatchObject({ code: "MISCONFIGURED" });
    const receipt = await reseal(inner, { keys, missingKeys: "corrupt" });
    expect(receipt.corrupt).toBeGreaterThan(0);
    expect(receipt.resealed).toBe(0);
  });
});

async function overwriteAll(store: ThreadStore): Promise<void> {
  await store.save("a", { n: 2 }, { overwrite: true, metadata: { owner: "bob" } });
}

async function deleteListed(store: ThreadStore): Promise<void> {
  const [first] = (await store.listPage()).threads;
  await store.delete("a", { previous: first });
}
