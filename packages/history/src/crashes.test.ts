import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { DriverError } from "@threadstore/core/driver";
import { expect, it } from "vitest";
import { type Backend, memoryBackend } from "./backend.test-helper.ts";
import type { HistoryStore } from "./history-store.ts";

const long = "x".repeat(2000);

/** The calls that a process makes. Each resolves with the thread after it. */
const calls: readonly ((store: HistoryStore, previous: StoredThread | undefined) => Promise<unknown>)[] = [
  (store) => store.save("a", { text: `1${long}`, n: [] }),
  (store, previous) => store.save("a", { text: `1${long}`, n: [1] }, { previous }),
  (store) => store.append("a", [2]),
  (store) => store.save("a", { text: `2${long}`, n: [] }, { overwrite: true }),
  (store) => store.update("a", () => ({ text: `3${long}`, n: [3] })),
  (store) => store.prune("a"),
  async (store) => {
    const oldest = (await store.versions("a")).at(-1);
    if (oldest !== undefined) await store.restore("a", oldest);
  },
  (store) => store.save("a", { text: `4${long}`, n: [] }, { overwrite: true }),
  (store) => store.prune("a"),
];

async function textsOf(store: HistoryStore): Promise<string[]> {
  const versions = await store.versions("a");
  const loaded = await Promise.all(versions.map(({ version }) => store.loadVersion("a", version)));
  return loaded.map((each) => each?.json ?? "");
}

/** Makes the calls one after the other, and returns the versions after each. */
async function callAll(backend: Backend, expected: string[][]): Promise<{ readonly completed: number }> {
  const store = backend.open(KEEP);
  let previous: StoredThread | undefined;
  for (const [index, call] of calls.entries()) {
    try {
      await call(store, previous);
    } catch {
      return { completed: index };
    }
    previous = await backend.open(KEEP).load("a");
    expected[index] ??= await textsOf(backend.open(KEEP));
  }
  return { completed: calls.length };
}

const KEEP = { keep: { versions: 4 } };

it("a crash before any request leaves the thread and all its versions as they were or as they will be", async () => {
  const expected: string[][] = [];
  await callAll(memoryBackend(), expected);
  expect(expected.map((texts) => texts.length)).toEqual([1, 2, 3, 4, 4, 4, 4, 4, 4]);
  let crashes = 0;
  for (let count = 0; ; count += 1) {
    const backend = memoryBackend();
    let requests = 0;
    backend.before = ({ operation }) => {
      // The requests of this test do not count.
      if (operation === "read" || operation === "list") return;
      requests += 1;
      if (requests > count)
        throw new DriverError("BACKEND_ERROR", "The process has crashed.", { effect: "none" });
    };
    const { completed } = await callAll(backend, expected);
    if (completed === calls.length) break;
    crashes += 1;
    backend.before = () => undefined;
    const states = [expected[completed - 1] ?? [], expected[completed]];
    expect(states, `crash before request ${count}`).toContainEqual(await textsOf(backend.open(KEEP)));
  }
  expect(crashes).toBeGreaterThan(8);
});

it("the lost response of any write is resolved, and no version is lost or doubled", async () => {
  const expected: string[][] = [];
  await callAll(memoryBackend(), expected);
  const backend = memoryBackend();
  let lost = 0;
  let isRepeated = false;
  backend.afterWrite = () => {
    isRepeated = !isRepeated;
    if (!isRepeated) return;
    lost += 1;
    throw new DriverError("UNAVAILABLE", "The response was lost.", { effect: "unknown" });
  };
  const texts: string[][] = [];
  expect(await callAll(backend, texts)).toEqual({ completed: calls.length });
  expect(texts).toEqual(expected);
  expect(lost).toBeGreaterThan(3);
});

it("of saves that race, exactly those that succeeded are versions", async () => {
  const backend = memoryBackend();
  await backend.open().save("a", { n: [] });
  const clients = Array.from({ length: 5 }, () => backend.open());
  const saved = new Map<string, string>();
  let conflicts = 0;
  await Promise.all(
    clients.map(async (store, client) => {
      for (let round = 0; round < 10; round += 1) {
        const previous = await store.load("a");
        try {
          const { version, json } = await store.save("a", { n: [client, round] }, { previous });
          saved.set(version, json);
        } catch (error) {
          if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
          conflicts += 1;
        }
        await store.append("a", [`${client}-${round}`]);
      }
    }),
  );
  expect(conflicts).toBeGreaterThan(0);
  const store = backend.open();
  const versions = await store.versions("a");
  expect(versions).toHaveLength(1 + saved.size + 50);
  for (const [version, json] of saved) expect((await store.loadVersion("a", version))?.json).toBe(json);
  const texts = await textsOf(store);
  const appended = texts.filter((text) => /-\d+"\]\}$/u.test(text));
  expect(appended).toHaveLength(50);
});
