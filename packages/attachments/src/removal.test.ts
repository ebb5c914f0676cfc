import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { applyRetention, type RemovalProgress } from "@threadstore/core/maintenance";
import { EMBEDDED, IS_QUICK } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { describe, expect, it } from "vitest";
import { base64 } from "./backend.test-helper.ts";
import { JOBS, LAYERS, openTask, type Task } from "./removal-jobs.test-helper.ts";

const CHILD = fileURLToPath(new URL("removal-child.test-helper.ts", import.meta.url));
const IMAGE = base64(3000);
const OWNERS = ["ann", "bob"];
const PATHS: readonly (readonly string[])[] = [[], ["a"], ["a", "b/c"], ["ä"]];

function viewOf(store: ThreadStore, path: readonly string[]): ThreadStore {
  return path.reduce((view, name) => view.namespace(name), store);
}

/** Saves threads with an image for each owner, and resolves with the number and the sizes of those of one owner. */
async function fill(store: ThreadStore, count: number): Promise<{ threads: number; bytes: number }> {
  const sizes: number[] = [];
  for (const path of PATHS) {
    const view = viewOf(store, path);
    for (let n = 0; n < count; n += 1) {
      for (const owner of OWNERS) {
        const { size } = await view.save(`${owner} ${n}`, { n, image: IMAGE }, { metadata: { owner } });
        if (owner === "ann") sizes.push(size);
      }
    }
  }
  return { threads: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function idsIn(store: ThreadStore): Promise<string[]> {
  const ids: string[] = [];
  for (const path of PATHS) {
    for await (const { id } of viewOf(store, path).list()) ids.push([...path, id].join(":"));
  }
  return ids.toSorted();
}

function idsOfBob(count: number): string[] {
  const names = Array.from({ length: count }, (_, n) => `bob ${n}`);
  return PATHS.flatMap((path) => names.map((id) => [...path, id].join(":"))).toSorted();
}

/** Returns the number of records in the namespaces of attachments. */
async function countAttachments(inner: ThreadStore): Promise<number> {
  let count = 0;
  for (const path of PATHS) {
    for await (const { corrupt } of viewOf(inner, path).namespace(".attachments").list())
      count += corrupt ? 0 : 1;
  }
  return count;
}

/** Kills a process that runs the job, soon after its first progress. Resolves with the cursor of its last progress. */
async function runUntilKilled(task: Task, cursor: string | undefined): Promise<string | undefined> {
  const child = fork(CHILD, [JSON.stringify({ ...task, cursor })], { execArgv: [] });
  // The messages that it sent before it was killed arrive before this event.
  const end = Promise.all([once(child, "disconnect"), once(child, "exit")]);
  let latest = cursor;
  child.on("message", (progress: RemovalProgress) => void (latest = progress.cursor));
  await Promise.race([once(child, "message"), end]);
  await wait(Math.random() * 20);
  child.kill("SIGKILL");
  await end;
  return latest;
}

await describeStores("jobs that delete", { quick: [...EMBEDDED, "redis"] }, ({ name, store, location }) => {
  // A store in memory ends with its process, and each process costs a second.
  const isKilledElsewhere = name === "memory" || (IS_QUICK && name !== "sqlite");
  describe.each(Object.keys(LAYERS))("with layers: %s", (layer) => {
    const open = (namespace: string): [ThreadStore, ThreadStore] => {
      const inner = store().namespace(namespace);
      return [inner, LAYERS[layer]?.(inner) ?? inner];
    };

    it.each(Object.entries(JOBS))("%s deletes what is selected, with its attachments", async (job, run) => {
      const [inner, view] = open(`${layer}-${job}`);
      const expected = await fill(view, 3);
      const before = await countAttachments(inner);
      await view.namespace("a").save("short", {}, { metadata: { owner: "bob" }, ttlMs: 1 });
      await wait(20);
      const receipt = await run(view);
      expect(receipt).toMatchObject({ ...expected, expired: 1, corrupt: 0, cursor: undefined });
      expect(await idsIn(view)).toEqual(idsOfBob(3));
      expect(await countAttachments(inner)).toBe(before / 2);
      expect((await view.load("bob 1"))?.thread).toEqual({ n: 1, image: IMAGE });
      expect(await run(view)).toMatchObject({ threads: 0, bytes: 0 });
    });

    it("keeps the newest by the times of the threads, and those that are saved meanwhile", async () => {
      const [, view] = open(`${layer}-newest`);
      const ids = ["d", "b", "f", "a", "e", "c"];
      for (const id of ids) {
        await view.save(id, { id, image: IMAGE });
        await wait(3);
      }
      const receipt = await applyRetention(
        view,
        { keepNewest: 2 },
        { onProgress: async () => void (await view.touch("b", { metadata: { renamed: "yes" } })) },
      );
      expect(receipt.threads).toBe(3);
      expect(await idsIn(view)).toEqual(["b", "c", "e"]);
    });

    it("does not delete what clients save during the job", async () => {
      const [, view] = open(`${layer}-savers`);
      const count = 12;
      for (let n = 0; n < count; n += 1) await view.save(`${n}`, { n, image: IMAGE });
      const filledAt = Date.now();
      await wait(600);
      const over = new AbortController();
      const saved = new Map<string, number>();
      const saver = async (first: number): Promise<void> => {
        for (let n = first; !over.signal.aborted; n = (n + 2) % count) {
          const round = (saved.get(`${n}`) ?? 0) + 1;
          await view.save(`${n}`, { round, image: IMAGE }, { overwrite: true });
          saved.set(`${n}`, round);
        }
      };
      const savers = [saver(0), saver(1)];
      await Promise.race([wait(10), ...savers]);
      // What was saved in the first half of the wait, however late this line runs.
      await applyRetention(view, { olderThanMs: Date.now() - filledAt - 300 });
      over.abort();
      await Promise.all(savers);
      for (const [id, round] of saved) expect((await view.load(id))?.thread).toEqual({ round, image: IMAGE });
      expect(saved.size).toBeGreaterThan(0);
    });

    it.skipIf(isKilledElsewhere).each(Object.keys(JOBS))(
      "%s counts each thread once, although its process is killed again and again",
      async (job) => {
        const namespace = `${layer}-${job}-killed`;
        const task: Task = { location: location(), namespace, job, layer, cursor: undefined };
        const [opened, view] = await openTask(task);
        const expected = await fill(view, 30);
        const cursors: (string | undefined)[] = [undefined];
        for (let kill = 0; kill < 3; kill += 1) cursors.push(await runUntilKilled(task, cursors.at(-1)));
        expect(new Set(cursors).size).toBeGreaterThan(1);
        const receipt = await JOBS[job]?.(view, { cursor: cursors.at(-1) });
        expect(receipt).toMatchObject({ ...expected, cursor: undefined });
        expect(await idsIn(view)).toEqual(idsOfBob(30));
        await opened.close();
      },
    );
  });
});
