import { randomBytes } from "node:crypto";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "./backend.test-helper.ts";
import { staticKeys } from "./keys/static-keys.ts";
import { withEncryption } from "./with-encryption.ts";

const keys = staticKeys({ current: "2026-01", keys: { "2026-01": randomBytes(32) } });
const text = "The quick brown fox jumps over the lazy dog. ";

/** A message with about `length` characters. */
function message(n: number, length: number): object {
  return { role: n % 2 === 0 ? "user" : "assistant", content: `${n} ${text.repeat(length / text.length)}` };
}

/** Saves a conversation of `turns` turns, with two messages each. */
async function converse(store: ThreadStore, turns: number, length: number): Promise<void> {
  const messages: object[] = [];
  let previous: StoredThread | undefined;
  for (let n = 0; n < turns; n += 1) {
    messages.push(message(2 * n, length), message(2 * n + 1, length));
    previous = await store.save("a", { messages }, { previous, metadata: { title: "T" } });
  }
}

async function bytesOf(run: (store: ThreadStore) => Promise<void>, decorate = (store: ThreadStore) => store) {
  const backend = memoryBackend();
  await run(decorate(backend.open()));
  return backend.bytesWritten;
}

const encrypted = (store: ThreadStore): ThreadStore => withEncryption(store, { keys });

describe("growth", () => {
  it.each([500, 1000, 4000])(
    "of a conversation is at most 1.3 times that without: messages of %i",
    async (length) => {
      const run = (store: ThreadStore): Promise<void> => converse(store, 200, length);
      const ratio = (await bytesOf(run, encrypted)) / (await bytesOf(run));
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThanOrEqual(1.3);
    },
  );

  it("of appends is at most 1.3 times that without", async () => {
    const run = async (store: ThreadStore): Promise<void> => {
      await store.save("a", { messages: [] });
      for (let n = 0; n < 200; n += 1) await store.append("a", [message(n, 1000)]);
    };
    const ratio = (await bytesOf(run, encrypted)) / (await bytesOf(run));
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThanOrEqual(1.3);
  });
});

describe("requests", () => {
  function requestsOf(backend: Backend): string {
    return backend.requests.splice(0).join(" ");
  }

  it("are those of the inner store: one write for a save, and none but a read for a load", async () => {
    const backend = memoryBackend();
    const store = encrypted(backend.open());
    const first = await store.save("a", { messages: ["x"] });
    expect(requestsOf(backend)).toBe("write");
    const second = await store.save("a", { messages: ["x", "y"] }, { previous: first });
    expect(requestsOf(backend)).toBe("write");
    const other = encrypted(backend.open());
    const loaded = await other.load("a");
    expect(requestsOf(backend)).toBe("read");
    await other.save("a", { messages: ["x", "y", "z"] }, { previous: loaded });
    expect(requestsOf(backend)).toBe("write");
    await store.listPage();
    expect(requestsOf(backend)).toBe("list");
    expect(second.version).not.toBe(first.version);
  });

  it("of an append read no content: another process lists one entry, and this one remembers", async () => {
    const backend = memoryBackend();
    const store = encrypted(backend.open());
    await store.save("a", { messages: [] });
    backend.requests.length = 0;
    await store.append("a", ["x"]);
    expect(requestsOf(backend)).not.toMatch(/\bread\b|list/u);
    const other = encrypted(backend.open());
    await other.append("a", ["y"]);
    expect(requestsOf(backend)).not.toMatch(/\bread\b/u);
  });

  it("of an append after a load list nothing, and after a change by another process once", async () => {
    const backend = memoryBackend();
    const [store, other] = [encrypted(backend.open()), encrypted(backend.open())];
    const saved = await store.save("a", { messages: [] });
    await other.load("a");
    backend.requests.length = 0;
    await other.append("a", ["x"]);
    expect(requestsOf(backend)).not.toMatch(/\bread\b|list/u);
    await other.load("a", { cached: saved });
    await store.append("a", ["y"]);
    backend.requests.length = 0;
    await other.append("a", ["z"]);
    expect(requestsOf(backend).match(/list/gu)).toHaveLength(1);
    expect((await store.load("a"))?.thread).toEqual({ messages: ["x", "y", "z"] });
  });
});

it("many short additions are encrypted again as a whole, and stay readable", async () => {
  const backend = memoryBackend();
  const store = encrypted(backend.open());
  await store.save("a", { n: [] });
  for (let n = 0; n < 1100; n += 1) await store.append("a", [n]);
  const expected = Array.from({ length: 1100 }, (_, n) => n);
  expect((await encrypted(backend.open()).load("a"))?.thread).toEqual({ n: expected });
  const stored = await backend.open().load("a");
  const segments = stored?.thread["segments"] as unknown[];
  expect(segments.length).toBeLessThan(200);
});
