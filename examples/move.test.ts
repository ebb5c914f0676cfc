import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type StoredThread, type ThreadStore } from "@threadstore/core";
import { copyThreads } from "@threadstore/core/maintenance";
import { fileSystemStore } from "@threadstore/file-system";
import { redisStore } from "@threadstore/redis";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadstore-move-"));
});
afterEach(() => rm(folder, { recursive: true }));

const NAMESPACES = [[], ["tenant"], ["tenant", "é/1"]];

async function fill(store: ThreadStore, count: number): Promise<void> {
  for (const names of NAMESPACES) {
    const view = names.reduce((each, name) => each.namespace(name), store);
    for (let n = 0; n < count; n += 1) {
      const ttlMs = n % 3 === 0 ? 1_000_000_000 : undefined;
      const id = n % 5 === 0 ? `${n} ${"x".repeat(500)}` : `thread-${n}`;
      await view.save(id, `{ "n": ${n}.0 }`, { metadata: { title: `Thread ${n}` }, ttlMs });
    }
  }
}

/** Returns everything that a copy must keep, by namespace and id. */
async function contentsOf(
  store: ThreadStore,
): Promise<Map<string, Omit<StoredThread, "version" | "thread">>> {
  const contents = new Map<string, Omit<StoredThread, "version" | "thread">>();
  for (const names of NAMESPACES) {
    const view = names.reduce((each, name) => each.namespace(name), store);
    for await (const { id } of view.list({ limit: 1000 })) {
      const stored = await view.load(id);
      if (stored === undefined) throw new Error("A listed thread is missing.");
      const { version: _version, thread: _thread, ...kept } = stored;
      contents.set(JSON.stringify([names, id]), kept);
    }
  }
  return contents;
}

function startProgram(): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "move.ts")], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

it(
  "move.ts copies each thread exactly once or finds it again, even if it is killed",
  { timeout: 120_000 },
  async () => {
    const from = fileSystemStore({ folder: join(folder, "threads"), durability: "process" });
    await fill(from, 60);
    for (let kills = 0; kills < 3; kills += 1) {
      const program = startProgram();
      const exit = once(program, "exit");
      // Twice after it has stored a cursor, and once before.
      if (kills > 0 && program.stdout !== null) await once(program.stdout, "data");
      program.kill("SIGKILL");
      await exit;
    }
    const cursor = await readFile(join(folder, "move.cursor"), "utf8").catch(() => undefined);
    expect(cursor).toMatch(/^[\w-]+$/);
    const program = startProgram();
    let output = "";
    program.stdout?.on("data", (data) => (output += String(data)));
    expect(await once(program, "close")).toEqual([0, null]);
    expect(output).toMatch(/Done: \d+ copied, \d+ already there, 0 corrupt\n$/);
    const to = sqliteStore({ path: join(folder, "threads.db") });
    expect(await contentsOf(to)).toEqual(await contentsOf(from));
    await Promise.all([from.close(), to.close()]);
  },
);

await describeWithService("redis", "a copy", ({ url }) => {
  const stores: Record<string, () => ThreadStore> = {
    memory: () => memoryStore(),
    sqlite: () => sqliteStore({ path: join(folder, `${Math.random()}.db`) }),
    files: () => fileSystemStore({ folder: join(folder, String(Math.random())), durability: "process" }),
    redis: () => redisStore({ url, prefix: `move-${Math.random()}` }),
  };
  const pairs = Object.keys(stores).flatMap((from) =>
    Object.keys(stores)
      .filter((to) => to !== from)
      .map((to) => [from, to] as const),
  );

  describe("keeps everything", () => {
    it.each(pairs)("from %s to %s", async (fromName, toName) => {
      const [from, to] = [stores[fromName]?.(), stores[toName]?.()];
      if (from === undefined || to === undefined) throw new Error("Unknown store.");
      await fill(from, 6);
      expect(await copyThreads(from, to)).toMatchObject({ copied: 18, skipped: 0, corrupt: 0 });
      expect(await contentsOf(to)).toEqual(await contentsOf(from));
      expect(await copyThreads(from, to)).toMatchObject({ copied: 0, skipped: 18, corrupt: 0 });
      await Promise.all([from.close(), to.close()]);
    });
  });
});
