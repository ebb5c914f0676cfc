import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { memoryBackend, secret } from "./backend.test-helper.ts";
import { type HistoryStore, pruneHistory, type PruneProgress, withHistory } from "./index.ts";

const DAY = 86_400_000;
const KEEP = { ageMs: DAY };

/** Saves a thread and then a shorter one, so that the text of the first is only in the history. */
async function edit(store: HistoryStore, id: string, text: string): Promise<void> {
  const previous = await store.save(id, { text, n: [1] });
  await store.save(id, { text: "", n: [1] }, { previous });
}

describe("pruneHistory", () => {
  it("removes text from all threads and namespaces that have some for too long", async () => {
    let time = 0;
    const backend = memoryBackend();
    const store = backend.open({ keep: KEEP, now: () => time });
    const [old, recent] = [secret(), secret()];
    await edit(store, "old", old);
    await edit(store.namespace("x").namespace("y"), "nested", old);
    await store.save("growing", { n: [] });
    for (let n = 0; n < 5; n += 1) await store.append("growing", [n]);
    await backend.openInner().save("plain", { n: 1 });
    time = 1.2 * DAY;
    await edit(store, "recent", recent);
    backend.requests.length = 0;
    const receipt = await pruneHistory(store);
    expect(receipt).toEqual({
      threads: 2,
      versions: 2,
      bytes: expect.any(Number),
      corrupt: 0,
      startedAt: new Date(time),
      finishedAt: new Date(time),
      cursor: undefined,
    });
    expect(receipt.bytes).toBeGreaterThan(2 * old.length);
    const operations = backend.requests.map(({ operation }) => operation);
    expect(operations.filter((operation) => operation === "read")).toHaveLength(2);
    expect(operations.filter((operation) => operation === "write")).toHaveLength(2);
    expect(await backend.textOf("old")).not.toContain(old);
    expect(await backend.textOf("recent")).toContain(recent);
    expect(await store.versions("old")).toHaveLength(1);
    expect(await store.versions("growing")).toHaveLength(1);
    expect(await pruneHistory(store)).toMatchObject({ threads: 0, versions: 0, bytes: 0 });
    time = 3 * DAY;
    expect(await pruneHistory(store, { namespaces: false })).toMatchObject({ threads: 1 });
    expect(await backend.textOf("recent")).not.toContain(recent);
  });

  it("prunes by the number of versions and the amount of removed text", async () => {
    const backend = memoryBackend();
    const all = backend.open();
    const [first, second] = [secret(), secret()];
    await edit(all, "a", first);
    await all.save("a", { text: second }, { overwrite: true });
    await all.save("a", { text: "" }, { overwrite: true });
    expect(await pruneHistory(backend.open({ keep: { versions: 2 } }))).toMatchObject({
      threads: 1,
      versions: 2,
    });
    expect(await backend.textOf("a")).not.toContain(first);
    expect(await backend.textOf("a")).toContain(second);
    expect(await pruneHistory(backend.open({ keep: { characters: 20 } }))).toMatchObject({ versions: 1 });
    expect(await backend.textOf("a")).not.toContain(second);
  });

  it("continues from the cursor of a call that was interrupted", async () => {
    let time = 0;
    const store = memoryBackend().open({ keep: KEEP, now: () => time });
    for (let n = 0; n < 250; n += 1) await edit(store, `a${String(n).padStart(3, "0")}`, "text");
    for (let n = 0; n < 3; n += 1) await edit(store.namespace(`n${n}`), "a", "text");
    time = 2 * DAY;
    let cursor: string | undefined;
    let calls = 0;
    let receipt: PruneProgress | undefined;
    while (receipt === undefined) {
      calls += 1;
      // Each call ends after a page, as if its process were killed.
      const onProgress = (progress: PruneProgress): void => {
        ({ cursor } = progress);
        if (cursor !== undefined) throw new Error("killed");
      };
      receipt = await pruneHistory(store, { cursor, onProgress }).catch(() => undefined);
      time += 1000;
    }
    expect(calls).toBe(6);
    expect(receipt).toMatchObject({ threads: 253, versions: 253, startedAt: new Date(2 * DAY) });
  });

  it("counts corrupt threads, and keeps them", async () => {
    let time = 0;
    const backend = memoryBackend();
    const store = backend.open({ keep: KEEP, now: () => time });
    for (const id of ["head", "log", "good"]) await edit(store, id, "text");
    const inner = backend.openInner({ now: () => time });
    const stored = await inner.load("log");
    await inner.save("log", { history: { format: 1 }, segments: [[1, 1, ""]] }, { previous: stored });
    await inner.touch("head", { metadata: { ".history": "1 what" } });
    time = 2 * DAY;
    expect(await pruneHistory(store)).toMatchObject({ threads: 1, corrupt: 2 });
    expect(await inner.load("log")).toMatchObject({ thread: { segments: [[1, 1, ""]] } });
  });

  it("rejects invalid arguments and aborts", async () => {
    const store = withHistory(memoryStore());
    for (const id of ["a", "b"]) await store.save(id, {});
    const { cursor } = await store.listPage({ limit: 1 });
    const invalid = [{ cursor: "x" }, { cursor }, { limit: 1 }, { namespaces: 1 }, { onProgress: 1 }, null];
    for (const options of invalid) {
      const call = pruneHistory(store, options as object);
      await expect(call).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(pruneHistory(memoryStore() as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const reason = new Error("stop");
    await expect(pruneHistory(store, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
