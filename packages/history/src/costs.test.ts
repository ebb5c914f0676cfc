import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { memoryDriver, type ThreadDriver } from "@threadstore/core/driver";
import { sqliteDriver } from "@threadstore/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { type Backend, backendOf, type Request } from "./backend.test-helper.ts";

const TURNS = 200;
const KIB_320 = 320 * 1024;

const folder = mkdtempSync(join(tmpdir(), "threadstore-history-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the messages of a turn: a question and an answer with line breaks, quotes and letters of two bytes. */
function turn(number: number): object[] {
  const line = `Line ${number} of the answer says "good morning", and not "tsch\u00fcss".\n`;
  const answer = line.repeat(100).slice(0, 1480);
  return [
    { role: "user", content: `Question ${number}?` },
    { role: "assistant", content: answer },
  ];
}

/** Sends the requests of 200 turns, with a new client for each, and returns those of each turn. */
async function requestsOfTurns(
  open: () => ThreadStore,
  requests: Request[],
  save: (
    store: ThreadStore,
    stored: StoredThread | undefined,
    messages: readonly object[],
  ) => Promise<StoredThread>,
): Promise<{ readonly turns: Request[][]; readonly size: number }> {
  const store = open();
  const messages: object[] = [];
  const turns: Request[][] = [];
  let stored: StoredThread | undefined;
  for (let number = 0; number < TURNS; number += 1) {
    messages.push(...turn(number));
    requests.length = 0;
    stored = await save(store, stored, messages);
    turns.push([...requests]);
  }
  return { turns, size: stored?.size ?? 0 };
}

const bytesOf = (requests: readonly Request[]): number => requests.reduce((sum, { bytes }) => sum + bytes, 0);

const DRIVERS: readonly [string, () => ThreadDriver][] = [
  ["memory", () => memoryDriver()],
  ["sqlite", () => sqliteDriver({ path: join(folder, `${Math.random()}.db`) })],
];

describe.each(DRIVERS)("on %s", (_name, createDriver) => {
  it("a turn of a thread that grows to 320 KiB costs less than 200 bytes, one write and no read", async () => {
    const save = (store: ThreadStore, previous: StoredThread | undefined, messages: readonly object[]) =>
      store.save("a", { messages }, { previous });
    const [plain, kept] = [backendOf(createDriver()), backendOf(createDriver())];
    const without = await requestsOfTurns(() => plain.openInner(), plain.requests, save);
    const withHistory = await requestsOfTurns(() => kept.open(), kept.requests, save);
    expect(withHistory.size).toBe(without.size);
    expect(withHistory.size).toBeGreaterThan(KIB_320);
    for (const [index, requests] of withHistory.turns.entries()) {
      expect(requests.map(({ operation }) => operation)).toEqual(["write"]);
      expect(bytesOf(requests) - bytesOf(without.turns[index] ?? [])).toBeLessThan(200);
    }
    const store = kept.open();
    expect(await store.versions("a")).toHaveLength(100);
  });
});

it.each([
  ["the client that wrote the latest version", true, ["readTail", "patch"]],
  ["any other client", false, ["list", "readTail", "patch"]],
] as const)(
  "an append of %s costs less than 200 bytes and at most one read of metadata",
  async (_title, isSame, operations) => {
    const [plain, kept] = [backendOf(memoryDriver()), backendOf(memoryDriver())];
    const appendTwice = async (backend: Backend, open: () => ThreadStore): Promise<void> => {
      const store = open();
      await store.append("a", turn(0), { create: { messages: [] } });
      backend.requests.length = 0;
      await (isSame ? store : open()).append("a", turn(1));
    };
    await appendTwice(plain, () => plain.openInner());
    await appendTwice(kept, () => kept.open());
    expect(plain.requests.map(({ operation }) => operation)).toEqual(["readTail", "patch"]);
    expect(kept.requests.map(({ operation }) => operation)).toEqual(operations);
    expect(bytesOf(kept.requests) - bytesOf(plain.requests)).toBeLessThan(200);
  },
);

it("an edited message keeps the text that is lost, and costs no more than the new text", async () => {
  const backend = backendOf(memoryDriver());
  const store = backend.open();
  const messages = Array.from({ length: 200 }, (_, number) => turn(number)).flat();
  const saved = await store.save("a", { messages });
  backend.requests.length = 0;
  const edited = [...messages.slice(0, 200), { role: "user", content: "Another question" }];
  await store.save("a", { messages: edited }, { previous: saved });
  expect(backend.requests.map(({ operation }) => operation)).toEqual(["write"]);
  expect(bytesOf(backend.requests)).toBeLessThan(400);
  expect((await store.loadVersion("a", saved))?.json).toBe(saved.json);
});

it("threads that are written again and again are pruned rarely, and stay small", async () => {
  const backend = backendOf(memoryDriver());
  const store = backend.open({ keep: { versions: 10 } });
  let stored: StoredThread | undefined;
  let written = 0;
  let longest = 0;
  const text = "x".repeat(10_000);
  for (let number = 0; number < 500; number += 1) {
    backend.requests.length = 0;
    stored = await store.save("a", { n: `${number}${text}${number}` }, { previous: stored });
    expect(backend.requests.map(({ operation }) => operation)).toEqual(["write"]);
    written += bytesOf(backend.requests);
    longest = Math.max(longest, (await backend.textOf("a")).length);
  }
  // Without history, each save writes the thread.
  expect(written).toBeLessThan(500 * text.length * 4);
  expect(longest).toBeLessThan(text.length * 18);
});
