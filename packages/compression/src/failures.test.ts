import type { StoredThread, ThreadStore } from "@threadstore/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Backend, memoryBackend } from "./backend.test-helper.ts";

const words = Array.from({ length: 300 }, (_, index) => `word ${index % 31} of ${index % 17}`).join(" ");

/** Saves two threads of several segments. */
async function sample(): Promise<Backend> {
  const backend = memoryBackend();
  const store = backend.open();
  for (const id of ["a", "b"]) {
    const messages = [`${id}: ${words}`];
    let previous = await store.save(id, { messages }, { metadata: { title: id } });
    for (let turn = 0; turn < 3; turn += 1) {
      messages.push(`${turn} ${words.slice(turn * 9, 700)}`);
      previous = await store.save(id, { messages }, { previous });
    }
  }
  return backend;
}

/** Changes what is stored for a thread, through the inner store, which therefore considers it intact. */
async function alter(
  inner: ThreadStore,
  id: string,
  json: string,
  metadata?: StoredThread["metadata"],
): Promise<void> {
  await inner.save(id, json, { overwrite: true, ...(metadata && { metadata }) });
}

async function expectCorrupt(store: ThreadStore, id: string): Promise<void> {
  const context = { code: "CORRUPT", id, retryable: false, store: "compression" };
  await expect(store.load(id)).rejects.toMatchObject({ ...context, operation: "load" });
  await expect(store.update(id, () => ({}))).rejects.toMatchObject(context);
}

it("records of another thread are CORRUPT or that thread, never a mixture, and can be replaced and deleted", async () => {
  const backend = await sample();
  const inner = backend.openInner();
  const [a, b] = [await inner.load("a"), await inner.load("b")];
  if (a === undefined || b === undefined) throw new Error("The threads exist.");
  // The content of one thread with the end of the log of the other.
  await alter(inner, "a", b.json, a.metadata);
  await expectCorrupt(backend.open(), "a");
  await backend.open().save("a", { n: 1 }, { overwrite: true });
  expect(await backend.open().load("a")).toMatchObject({ thread: { n: 1 }, metadata: { title: "a" } });
  await alter(inner, "b", a.json, b.metadata);
  await expectCorrupt(backend.open(), "b");
  expect(await backend.open().delete("b")).toBe(true);
});

it("segments of another version are CORRUPT", async () => {
  const backend = memoryBackend();
  const [store, inner] = [backend.open(), backend.openInner()];
  const first = await store.save("a", { messages: [words] });
  const older = await inner.load("a");
  const second = await store.save("a", { messages: [words, words] }, { previous: first });
  const newer = await inner.load("a");
  await alter(inner, "a", older?.json ?? "", newer?.metadata);
  await expectCorrupt(backend.open(), "a");
  await alter(inner, "a", newer?.json ?? "", newer?.metadata);
  expect((await backend.open().load("a"))?.json).toBe(second.json);
});

it("any change of a stored thread is CORRUPT, or does not change the thread", async () => {
  const backend = await sample();
  const inner = backend.openInner();
  const { json = "", metadata = {} } = (await inner.load("a")) ?? {};
  const expected = (await backend.open().load("a"))?.json;
  const change = fc.record({
    position: fc.nat(json.length - 1),
    removed: fc.constantFrom(0, 1, 1, 2, 40),
    inserted: fc.string({ maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ position, removed, inserted }) => {
      const changed = json.slice(0, position) + inserted + json.slice(position + removed);
      try {
        const thread: unknown = JSON.parse(changed);
        if (typeof thread !== "object" || thread === null || Array.isArray(thread)) return;
      } catch {
        return;
      }
      await alter(inner, "a", changed, metadata);
      const loaded = await backend
        .open()
        .load("a")
        .then(
          (thread) => thread?.json,
          (error: { code?: string }) => error.code,
        );
      expect(["CORRUPT", expected]).toContain(loaded);
    }),
    { numRuns: 500 },
  );
});

it("a thread in a newer format is CORRUPT, and the message asks for an upgrade", async () => {
  const backend = await sample();
  const inner = backend.openInner();
  const { json = "", metadata } = (await inner.load("a")) ?? {};
  await alter(inner, "a", json.replace('"format":1', '"format":2'), metadata);
  await expect(backend.open().load("a")).rejects.toMatchObject({
    code: "CORRUPT",
    message: expect.stringContaining("Upgrade @threadstore/compression"),
  });
});
