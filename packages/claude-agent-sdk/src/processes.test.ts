import { fork } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ThreadStore } from "@threadstore/core";
import { IS_QUICK, type StoreLocation, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { claudeSessionStore } from "./index.ts";
import { batchOf, KEY, type WriterTask } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);
const SEGMENT_BYTES = 4000;
const BATCHES = 20;
const STORES: readonly StoreName[] = ["sqlite", "file-system"];

function taskOf(location: StoreLocation, name: string, batches = BATCHES): WriterTask {
  return { location, name, batches, segmentBytes: SEGMENT_BYTES };
}

async function loadTexts(store: ThreadStore): Promise<string[]> {
  const entries = (await claudeSessionStore({ store }).load(KEY)) ?? [];
  return entries.map((entry) => `${entry.uuid ?? "-"} ${String(entry["text"]).slice(0, 8).trim()}`);
}

function textsOf(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => batchOf(name, from + index))
    .flat()
    .map(({ uuid, text }) => `${uuid ?? "-"} ${text.slice(0, 8).trim()}`);
}

await describeStores("sessions", { full: STORES, quick: ["sqlite"] }, ({ location, store }) => {
  it("that a process and a worker thread append to lose no entry, and keep each writer's order", async () => {
    const child = fork(PROGRAM, [JSON.stringify(taskOf(location(), "a"))]);
    const worker = new Worker(PROGRAM, { argv: [JSON.stringify(taskOf(location(), "b"))] });
    const exits = await Promise.all([once(child, "exit"), once(worker, "exit")]);
    expect(exits.map(([code]) => code as unknown)).toEqual([0, 0]);
    const texts = await loadTexts(store());
    expect(texts).toHaveLength(2 * 3 * BATCHES);
    for (const name of ["a", "b"]) {
      const own = texts.filter((text) => text.startsWith(`${name}-`) || text.startsWith(`- ${name}`));
      expect(own).toEqual(textsOf(name, 0, BATCHES));
    }
    // No batch is split.
    const starts = texts.filter((_text, index) => index % 3 === 0);
    expect(starts.every((text) => / ?[ab]-\d+-a /u.test(text))).toBe(true);
  });
});

await describeStores("sessions", { full: STORES, quick: ["file-system"] }, ({ location, store }) => {
  it("keep every acknowledged batch, whole, when the process is killed, and another one completes them", async () => {
    for (let kill = 0; kill < (IS_QUICK ? 1 : 4); kill += 1) {
      const name = `k${kill}`;
      const child = fork(PROGRAM, [JSON.stringify(taskOf(location(), name, 10_000))]);
      let acknowledged = 0;
      child.on("message", () => {
        acknowledged += 1;
        // In the middle of an append, at another moment of it each time.
        if (acknowledged === 12 + kill) setTimeout(() => child.kill("SIGKILL"), Math.random() * 5);
      });
      const drained = once(child, "disconnect");
      const [, signal] = await once(child, "exit");
      await drained;
      expect(signal).toBe("SIGKILL");
      const texts = (await loadTexts(store())).filter((text) => text.includes(name));
      const stored = texts.length / 3;
      expect([acknowledged, acknowledged + 1]).toContain(stored);
      expect(texts).toEqual(textsOf(name, 0, stored));
      // What a process that imports the local transcript sends again.
      const sessions = claudeSessionStore({ store: store(), segmentBytes: SEGMENT_BYTES });
      for (let index = 0; index <= stored; index += 1) await sessions.append(KEY, batchOf(name, index));
      const completed = (await loadTexts(store())).filter((text) => text.includes(name));
      expect(completed).toEqual(textsOf(name, 0, stored + 1));
    }
  });
});
