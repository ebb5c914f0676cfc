import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { beforeEach, expect, it } from "vitest";

/** The code under test: renames a chat unless another request has changed it. */
async function rename(store: ThreadStore, id: string, title: string, etag: string): Promise<boolean> {
  try {
    return (await store.touch(id, { metadata: { title }, previous: etag })) !== undefined;
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return false;
    throw error;
  }
}

let store: ThreadStore;

beforeEach(() => {
  // Each test has its own store, which is as strict as a real backend.
  store = memoryStore();
});

it("renames a chat", async () => {
  const { version } = await store.save("chat", { messages: [] });
  expect(await rename(store, "chat", "Pirates", version)).toBe(true);
  expect((await store.load("chat"))?.metadata).toEqual({ title: "Pirates" });
});

it("does not rename a chat that another request has changed", async () => {
  const { version } = await store.save("chat", { messages: [] });
  // The other request. A memory store detects the conflict as SQLite or S3 would.
  await store.append("chat", [{ role: "user", content: "Hello" }]);
  expect(await rename(store, "chat", "Pirates", version)).toBe(false);
});

it("forgets a chat after 30 days", async () => {
  const days = 24 * 3_600_000;
  let now = Date.parse("2027-01-01");
  const expiring = memoryStore({ ttlMs: 30 * days, now: () => now });
  await expiring.save("chat", { messages: [] });
  now += 29 * days;
  expect(await expiring.load("chat")).toBeDefined();
  now += days;
  expect(await expiring.load("chat")).toBeUndefined();
});

it("continues in another process", async () => {
  // Two stores on the same records are two processes with the same backend.
  const records = new Map();
  await memoryStore({ records }).save("chat", { messages: ["Hello"] });
  expect((await memoryStore({ records }).load("chat"))?.thread).toEqual({ messages: ["Hello"] });
});

it("reports an outage", async () => {
  // Replaces one method of the store. Everything else still works.
  const failing = Object.assign(store, {
    touch: () => Promise.reject(new ThreadStoreError("UNAVAILABLE", "The backend is unreachable.")),
  });
  await expect(rename(failing, "chat", "Pirates", "1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
