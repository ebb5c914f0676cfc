import { readFileSync } from "node:fs";
import type { StoredThread } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Backend, bytesOf, memoryBackend } from "./backend.test-helper.ts";

/** Text that people have written: the paragraphs of this package's README and of the license. */
const PARAGRAPHS = ["../README.md", "../LICENSE"]
  .flatMap((file) => readFileSync(new URL(file, import.meta.url), "utf8").split("\n\n"))
  .filter((paragraph) => paragraph.length > 100);

/** Returns the messages of a turn: a question and an answer, and in every third turn the result of a tool. */
function turn(number: number): object[] {
  const paragraph = (offset: number): string => PARAGRAPHS[(number * 7 + offset) % PARAGRAPHS.length] ?? "";
  const rows = Array.from({ length: 6 }, (_, row) => ({
    id: `ord_${(number * 1e9 + row * 7919).toString(36)}`,
    total: number * row,
  }));
  return [
    { role: "user", content: `${number}: ${paragraph(0).slice(0, 120)}` },
    ...(number % 3 === 0 ? [{ role: "tool", content: JSON.stringify(rows) }] : []),
    { role: "assistant", content: paragraph(1) },
  ];
}

const TURNS = 60;

async function grow(backend: Backend, isCompressed: boolean): Promise<{ requests: string[]; bytes: number }> {
  const store = isCompressed ? backend.open() : backend.openInner();
  const messages: object[] = [];
  let previous: StoredThread | undefined;
  for (let number = 0; number < TURNS; number += 1) {
    messages.push(...turn(number));
    previous = await store.save("a", { messages }, { previous });
  }
  const requests = backend.takeRequests();
  return { requests: requests.map(({ operation }) => operation), bytes: bytesOf(requests) };
}

describe("a conversation that is saved after each turn", () => {
  it("is one write a save, and no read, as without compression, and writes less than two thirds of the bytes", async () => {
    const [plain, compressed] = [await grow(memoryBackend(), false), await grow(memoryBackend(), true)];
    expect(compressed.requests).toEqual(plain.requests);
    expect(new Set(compressed.requests)).toEqual(new Set(["write"]));
    // About 300 bytes of each write are the trailer of the record, which is not compressed.
    expect(compressed.bytes).toBeLessThan(0.66 * plain.bytes);
  });

  it("takes less than 40 percent of the space", async () => {
    const backend = memoryBackend();
    await grow(backend, true);
    const { json = "" } = (await backend.open().load("a")) ?? {};
    const stored = await backend.openInner().load("a");
    expect(stored?.size).toBeLessThan(0.4 * json.length);
  });

  it("takes the same space in text that cannot be compressed", async () => {
    const random = Array.from({ length: 1000 }, () =>
      String.fromCodePoint(0x4e_00 + Math.floor(Math.random() * 20_000)),
    ).join("");
    const backend = memoryBackend();
    const saved = await backend.open().save("a", { random });
    expect((await backend.openInner().load("a"))?.size).toBeLessThan(saved.size + 60);
  });
});

describe("an append", () => {
  it("reads nothing if this client wrote the latest version, and otherwise no content", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    await store.append("a", turn(0), { create: { messages: [] } });
    backend.takeRequests();
    await store.append("a", turn(1));
    expect(backend.takeRequests().map(({ operation }) => operation)).toEqual(["readTail", "patch"]);
    await backend.open().append("a", turn(2));
    expect(backend.takeRequests().map(({ operation }) => operation)).toEqual(["list", "readTail", "patch"]);
    const messages = [0, 1, 2].flatMap(turn);
    expect((await backend.open().load("a"))?.thread).toEqual({ messages });
  });

  it("writes less than without compression", async () => {
    const [plain, compressed] = [memoryBackend(), memoryBackend()];
    for (const [backend, store] of [
      [plain, plain.openInner()],
      [compressed, compressed.open()],
    ] as const) {
      await store.append("a", turn(0), { create: { messages: [] } });
      backend.takeRequests();
      for (let number = 1; number < TURNS; number += 1) await store.append("a", turn(number));
    }
    expect(bytesOf(compressed.takeRequests())).toBeLessThan(0.8 * bytesOf(plain.takeRequests()));
  });
});

it("a load is one read, and one with an unchanged cached thread decompresses nothing", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  const saved = await store.save("a", { messages: turn(0) });
  backend.takeRequests();
  const cached = await store.load("a", { cached: saved });
  expect(cached?.json).toBe(saved.json);
  expect(await backend.open().load("a")).toMatchObject({ version: saved.version });
  expect(backend.takeRequests().map(({ operation }) => operation)).toEqual(["read", "read"]);
});

it("a thread that changes at its beginning again and again stays small", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  const messages = Array.from({ length: 30 }, (_, number) => turn(number)).flat();
  let previous: StoredThread | undefined;
  for (let number = 0; number < 100; number += 1) {
    previous = await store.save("a", { updatedAt: `${Date.now()}-${number}`, messages }, { previous });
    const stored = await backend.openInner().load("a");
    expect(stored?.size).toBeLessThan(previous.size);
  }
  expect((await backend.open().load("a"))?.json).toBe(previous?.json);
});
