import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { copyThreads } from "@threadstore/core/maintenance";
import { sqliteStore } from "@threadstore/sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Phase, PHASE_MS, phaseIn, switchingStore } from "./switching-store.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "threadstore-switching-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (name: string): ThreadStore => sqliteStore({ path: join(folder, name), synchronous: "normal" });

/** A process of the application, with clients of its own. */
class Application {
  readonly store: ThreadStore;
  readonly saved = new Map<string, number>();
  readonly reads: number[] = [];
  #isRunning = true;

  constructor() {
    const from = open("old.db");
    this.store = switchingStore(from, open("new.db"), phaseIn(from.namespace("move")));
  }

  /** Counts in threads, and also in those that other processes use, until it is stopped. */
  async write(): Promise<void> {
    for (let n = 0; this.#isRunning; n = (n + 1) % 5) {
      const view = n % 2 === 0 ? this.store : this.store.namespace("acme");
      const id = `t${n}`;
      await view.update(id, (current) => ({ count: countOf(current?.thread) + 1 }));
      await view.append("log", [n], { create: { entries: [] } });
      this.saved.set(id, (this.saved.get(id) ?? 0) + 1);
    }
  }

  /** Measures how long reads take. */
  async read(): Promise<void> {
    while (this.#isRunning) {
      const startedAt = performance.now();
      await this.store.load("t0");
      this.reads.push(performance.now() - startedAt);
      await setTimeout(20);
    }
  }

  stop(): void {
    this.#isRunning = false;
  }
}

function countOf(thread: unknown): number {
  return (thread as { count?: number } | undefined)?.count ?? 0;
}

it("moves a store while processes write to it, without a lost update or a failed call", async () => {
  const from = open("old.db");
  const to = open("new.db");
  const setPhase = (phase: Phase): Promise<unknown> =>
    from.namespace("move").save("phase", { phase }, { overwrite: true });
  const applications = Array.from({ length: 3 }, () => new Application());
  const running = Promise.all(applications.flatMap((each) => [each.write(), each.read()]));
  await setTimeout(300);
  await copyThreads(from, to);
  await setPhase("pausing");
  // The calls that have started end within the `timeoutMs` of the stores, in this test within a second.
  await setTimeout(2 * PHASE_MS);
  await copyThreads(from, to, { overwrite: true });
  const before = countOf((await to.load("t0"))?.thread);
  await setPhase("moved");
  await setTimeout(1.5 * PHASE_MS);
  for (const each of applications) each.stop();
  await running;
  for (const id of ["t0", "t1", "t2", "t3", "t4"]) {
    const view = id === "t1" || id === "t3" ? to.namespace("acme") : to;
    const expected = applications.reduce((sum, { saved }) => sum + (saved.get(id) ?? 0), 0);
    expect([id, countOf((await view.load(id))?.thread)]).toEqual([id, expected]);
  }
  expect(countOf((await to.load("t0"))?.thread)).toBeGreaterThan(before);
  // Changes waited for two seconds, and reads did not.
  const slowest = Math.max(...applications.flatMap(({ reads }) => reads));
  expect(slowest).toBeLessThan(PHASE_MS);
  await Promise.all([from.close(), to.close(), ...applications.map(({ store }) => store.close())]);
});

it("has the methods of a store in each phase", async () => {
  const [from, to] = [memoryStore(), memoryStore()];
  let phase: Phase = "copying";
  await using store = switchingStore(from, to, () => Promise.resolve(phase));
  const saved = await store.save("a", { messages: [] });
  await store.touch("a", { ttlMs: 60_000 });
  await store.append("a", [1]);
  expect((await from.load("a"))?.thread).toEqual({ messages: [1] });
  await copyThreads(from, to);
  phase = "moved";
  expect((await store.load("a"))?.thread).toEqual({ messages: [1] });
  const stale = store.save("a", {}, { previous: saved });
  await expect(stale).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CONFLICT"));
  const ids: string[] = [];
  for await (const { id } of store.list()) ids.push(id);
  expect([ids, (await store.listPage()).threads.length]).toEqual([["a"], 1]);
  expect(await store.namespaces()).toMatchObject({ namespaces: [] });
  expect(await store.deleteExpired()).toEqual({ deleted: 0 });
  expect(await store.delete("a")).toBe(true);
  await store.save("b", {});
  expect(await store.erase()).toMatchObject({ threads: 1 });
  expect((await from.load("a"))?.thread).toEqual({ messages: [1] });
});
