import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiskState, type Tree } from "../disk-state.ts";
import { readTrace } from "../read-trace.ts";
import type { TraceEvent } from "../trace-event.ts";

const program = fileURLToPath(new URL("./watch-child.test-helper.ts", import.meta.url));
let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadstore-watch-"));
  root = join(folder, "root");
});
afterEach(() => rm(folder, { recursive: true }));

async function eventsOf(task: string): Promise<readonly TraceEvent[]> {
  const child = fork(program, [root, task], { execArgv: [], serialization: "advanced" });
  const [[events]] = (await Promise.all([once(child, "message"), once(child, "exit")])) as [
    [readonly TraceEvent[]],
    unknown,
  ];
  return events;
}

/** The files and folders on the real disk. */
async function realTree(): Promise<Map<string, Buffer | null>> {
  const tree = new Map<string, Buffer | null>();
  for (const path of await readdir(folder, { recursive: true })) {
    const isFolder = (await stat(join(folder, path))).isDirectory();
    tree.set(path, isFolder ? null : await readFile(join(folder, path)));
  }
  return tree;
}

function treeOf(events: readonly TraceEvent[]): Tree {
  const { effects, folders } = readTrace(events, root);
  const state = new DiskState(folders);
  for (const { change } of effects) state.apply(change);
  return state.tree();
}

function sorted(tree: Tree): [string, Buffer | null][] {
  return [...tree].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function types(events: readonly TraceEvent[]): string[] {
  return events.map(({ type }) => type);
}

describe("watchDisk", () => {
  it.each(["promises", "synchronous", "callbacks"])(
    "records %s calls well enough to replay",
    async (task) => {
      const events = await eventsOf(task);
      expect(sorted(treeOf(events))).toEqual(sorted(await realTree()));
    },
  );

  it("records each action once, whatever functions Node.js calls internally", async () => {
    expect(types(await eventsOf("callbacks")).join(", ")).toBe(
      "make folder, open, write, sync, open, write, sync, open, write, sync, rename",
    );
    await rm(root, { recursive: true });
    expect(types(await eventsOf("promises")).join(", ")).toBe(
      "make folder, make folder, make folder, open, write, sync, open, write, " +
        "open, write, sync, truncate, link, rename, remove, remove",
    );
  });

  it("records the syncs of files and folders after the changes that they cover", async () => {
    const { effects } = readTrace(await eventsOf("synchronous"), root);
    const durable = effects
      .filter(({ durableAt }) => durableAt < Infinity)
      .map(({ description }) => description);
    expect(durable).toEqual([
      "creation of file",
      "content of file",
      "content of file",
      "rename of file to other",
      "creation of file",
      "creation of copy",
      "removal of other",
    ]);
  });

  it("makes calls fail after their change, or instead of their sync", async () => {
    const events = await eventsOf("failing");
    expect(events.at(-1)).toMatchObject({
      operation: "write EIO, rename EIO, sync EIO, callback EIO, synchronous EIO",
    });
    expect(types(events)).toContain("failed sync");
    expect(sorted(treeOf(events))).toEqual(sorted(await realTree()));
    expect([...(await realTree()).keys()]).toEqual(["root", "root/folder"]);
  });

  it("records calls that cannot be replayed", async () => {
    const events = await eventsOf("unsupported");
    expect(() => readTrace(events, root)).toThrow("the effects of symlink are unknown");
  });
});
