import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { eraseWhere } from "@threadstore/core/maintenance";
import { fileSystemStore } from "@threadstore/file-system";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import { describe, expect, it } from "vitest";
import { type Outcome, type RunOptions, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();
const cli = (parameters: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runIn(folder(), parameters, options);

const open = (name: string, now?: () => number): ThreadStore =>
  sqliteStore({ path: join(folder(), name), ...(now && { now }) });

/** Fills a store with threads that are hard to move. */
async function fill(store: ThreadStore): Promise<void> {
  await store.save("plain", { messages: [] }, { metadata: { owner: "ann" } });
  await store.save("exact", '{ "n" : [1.0, 1e400],\r\n"e":"\u00e9\u2028,\\"thread\\":" }');
  await store.save("tricky", { a: 1 }, { metadata: { thread: '","thread":{"', owner: "bob" } });
  await store.save("expiring", {}, { ttlMs: 1e9 });
  await store.save("events", { events: [] });
  await store.append("events", [1], { key: "delivery-1" });
  const nested = store.namespace("a/b").namespace("c");
  for (let index = 0; index < 120; index += 1) await nested.save(`t${index}`, { index });
}

/** Returns everything that is stored, by the place of each thread. */
async function contents(store: ThreadStore): Promise<Record<string, unknown>> {
  const entries: [string, unknown][] = [];
  const add = async (view: ThreadStore, path: string): Promise<void> => {
    for await (const { id } of view.list()) {
      const stored = await view.load(id);
      const { json, metadata, createdAt, updatedAt, expiresAt } = stored ?? {};
      entries.push([`${path}/${id}`, [json, metadata, createdAt, updatedAt, expiresAt]]);
    }
    for (const name of (await view.namespaces()).namespaces)
      await add(view.namespace(name), `${path}/${name}`);
  };
  await add(store, "");
  return Object.fromEntries(entries);
}

async function contentsOf(name: string): Promise<Record<string, unknown>> {
  const store = open(name);
  try {
    return await contents(store);
  } finally {
    await store.close();
  }
}

async function filled(name: string): Promise<void> {
  const store = open(name);
  await fill(store);
  await store.close();
}

async function leftovers(): Promise<string[]> {
  return readdir(join(folder(), ".threadstore")).catch(() => []);
}

describe("copy", () => {
  it("copies all threads exactly, and refuses a target that is not empty", async () => {
    await filled("from.db");
    const { exitCode, stdout } = await cli(["copy", "sqlite:from.db", "sqlite:to.db"]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Copied 125 threads")]);
    expect(await contentsOf("to.db")).toEqual(await contentsOf("from.db"));
    expect(await leftovers()).toEqual([]);
    const again = await cli(["copy", "sqlite:from.db", "sqlite:to.db"]);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("sqlite:to.db is not empty")]);
    const unconfirmed = await cli(["copy", "sqlite:from.db", "sqlite:to.db", "--overwrite"]);
    expect(unconfirmed.exitCode).toBe(4);
  });

  it("replaces what differs with `--overwrite`, and copies only what changed since a time", async () => {
    const from = open("changing.db", () => Date.parse("2026-01-01T00:00:00Z"));
    await from.save("same", {});
    await from.save("changed", { n: 1 });
    await from.close();
    await cli(["copy", "sqlite:changing.db", "sqlite:copies.db"]);
    const later = open("changing.db", () => Date.parse("2026-02-01T00:00:00Z"));
    await later.save("changed", { n: 2 }, { overwrite: true });
    await later.close();
    const since = ["--changed-since", "2026-01-15T00:00:00Z", "--overwrite", "--yes", "--json"];
    const { stdout } = await cli(["copy", "sqlite:changing.db", "sqlite:copies.db", ...since]);
    expect(JSON.parse(stdout)).toMatchObject({ first: { copied: 1, skipped: 0 }, second: { copied: 0 } });
    expect(await contentsOf("copies.db")).toEqual(await contentsOf("changing.db"));
  });

  it("copies what is saved during the copy in a second pass", async () => {
    await filled("live.db");
    const source = open("live.db");
    const copying = cli(["copy", "sqlite:live.db", "sqlite:live-copy.db", "--rate", "200", "--json"]);
    // The threads of the store itself come first.
    await expect.poll(async () => (await contentsOf("live-copy.db"))["/plain"]).toBeDefined();
    await source.save("plain", { messages: ["later"] }, { overwrite: true });
    await source.save("new", {});
    const { stdout } = await copying;
    expect(JSON.parse(stdout)).toMatchObject({ second: { copied: 2 } });
    expect(await contentsOf("live-copy.db")).toEqual(await contents(source));
    await source.close();
  });

  it("starts over if the target was deleted after a run that was stopped", async () => {
    await filled("again.db");
    const command = ["copy", "sqlite:again.db", "sqlite:gone.db", "--rate", "50"];
    const controller = new AbortController();
    const running = cli(command, { signal: controller.signal });
    await expect.poll(leftovers).toContainEqual(expect.stringMatching(/^copy-.*\.json$/u));
    await expect.poll(async () => Object.keys(await contentsOf("gone.db")).length).toBeGreaterThan(50);
    controller.abort();
    expect((await running).exitCode).toBe(130);
    for (const file of ["gone.db", "gone.db-wal", "gone.db-shm"])
      await rm(join(folder(), file), { force: true });
    const { stdout } = await cli(["copy", "sqlite:again.db", "sqlite:gone.db"]);
    expect(stdout).toContain("Copied 125 threads");
    expect(await contentsOf("gone.db")).toEqual(await contentsOf("again.db"));
    expect(await leftovers()).toEqual([]);
  });

  it.each([
    ["within.db", ["--to-namespace", "backup"]],
    ["itself.db", ["--overwrite", "--yes"]],
  ])("leaves no position of a copy that is invalid: sqlite:%s to itself with %j", async (name, where) => {
    await filled(name);
    const { exitCode, stderr } = await cli(["copy", `sqlite:${name}`, `sqlite:${name}`, ...where]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("The target is the source")]);
    expect(await leftovers()).toEqual([]);
  });

  it("limits the rate", async () => {
    await filled("slow.db");
    const startedAt = performance.now();
    await cli(["copy", "sqlite:slow.db", "sqlite:slow-copy.db", "--rate", "250"]);
    expect(performance.now() - startedAt).toBeGreaterThan(450);
  });

  it("copies a namespace to a namespace, and reports corrupt threads", async () => {
    const source = fileSystemStore({ folder: join(folder(), "files") });
    const acme = source.namespace("acme");
    await acme.save("whole", {});
    await acme.save("broken", {});
    await source.close();
    const files = await readdir(join(folder(), "files"), { recursive: true });
    const segments = files.filter((file) => /broken.*\.segment$/u.test(file));
    expect(segments).toHaveLength(1);
    await writeFile(join(folder(), "files", segments[0] ?? ""), "{}");
    const parts = ["--namespace", "acme", "--to-namespace", "x/y"];
    const { exitCode, stderr } = await cli(["copy", "file:files", "sqlite:part.db", ...parts]);
    expect([exitCode, stderr]).toEqual([1, "Corrupt, not copied: broken\n"]);
    expect(Object.keys(await contentsOf("part.db"))).toEqual(["/x/y/whole"]);
  });
});

describe("export and import", () => {
  it("restore every byte, the metadata, the times and the keys of appends", async () => {
    await filled("original.db");
    const exported = await cli(["export", "sqlite:original.db", "threads.jsonl"]);
    expect([exported.exitCode, exported.stdout]).toEqual([
      0,
      "Exported 125 threads of sqlite:original.db to threads.jsonl.\n",
    ]);
    expect(await leftovers()).toEqual([]);
    const imported = await cli(["import", "threads.jsonl", "sqlite:restored.db"]);
    expect([imported.exitCode, imported.stdout]).toEqual([
      0,
      "Imported 125 threads into sqlite:restored.db. 0 already there, 0 expired.\n",
    ]);
    expect(await contentsOf("restored.db")).toEqual(await contentsOf("original.db"));
    const restored = open("restored.db");
    expect(await restored.append("events", [2], { key: "delivery-1" })).toMatchObject({ appended: false });
    await restored.close();
    // The touch of a repeated append changes nothing.
    const again = await cli(["import", "threads.jsonl", "sqlite:restored.db", "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ imported: 0, present: 125, different: [] });
    const repeated = await cli(["export", "sqlite:original.db", "threads.jsonl"]);
    expect([repeated.exitCode, repeated.stderr]).toEqual([2, expect.stringContaining("Choose another name")]);
    expect((await stat(join(folder(), "threads.jsonl"))).mode & 0o777).toBe(0o600);
  });

  it("keep threads that differ, unless `--overwrite` is confirmed", async () => {
    await cli(["export", "sqlite:original.db", "keep.jsonl"]);
    await cli(["import", "keep.jsonl", "sqlite:kept.db"]);
    const kept = open("kept.db");
    await kept.save("plain", { messages: ["newer"] }, { overwrite: true });
    const first = await cli(["import", "keep.jsonl", "sqlite:kept.db"]);
    expect([first.exitCode, first.stderr]).toEqual([1, expect.stringContaining("was kept: plain\n")]);
    expect((await kept.load("plain"))?.thread).toEqual({ messages: ["newer"] });
    expect((await cli(["import", "keep.jsonl", "sqlite:kept.db", "--overwrite"])).exitCode).toBe(4);
    await cli(["import", "keep.jsonl", "sqlite:kept.db", "--overwrite", "--yes"]);
    expect(await contents(kept)).toEqual(await contentsOf("original.db"));
    await kept.close();
  });

  it("refuse damaged lines by number, and then import nothing", async () => {
    await cli(["export", "sqlite:original.db", "good.jsonl", "-n", "a%2Fb/c"]);
    const lines = (await readFile(join(folder(), "good.jsonl"), "utf8")).split("\n");
    const damage: Record<string, [string[], string]> = {
      altered: [lines.with(2, (lines[2] ?? "").replace('"index":', '"Index":')), "line 3: It was altered"],
      cut: [lines.with(1, (lines[1] ?? "").slice(0, -5)), "line 2: It is not JSON."],
      missing: [lines.toSpliced(3, 1), "the file has 119 of 120 threads"],
      truncated: [lines.slice(0, 50).concat((lines[50] ?? "").slice(0, 40)), "line 51: It does not end"],
      short: [lines.slice(0, -2).concat(""), "the end of the file is missing"],
    };
    for (const [name, [damaged, message]] of Object.entries(damage)) {
      await writeFile(join(folder(), `${name}.jsonl`), damaged.join("\n"));
      const { exitCode, stderr } = await cli(["import", `${name}.jsonl`, `sqlite:${name}.db`]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(await readdir(folder())).not.toContain(`${name}.db`);
    }
    await writeFile(
      join(folder(), "binary.jsonl"),
      Buffer.concat([Buffer.from(lines[0] ?? ""), Buffer.from([0xff, 10])]),
    );
    expect((await cli(["import", "binary.jsonl", "sqlite:b.db"])).stderr).toContain(
      "line 1: It is not JSON.",
    );
    const partial = await cli(["import", "short.jsonl", "sqlite:short.db", "--partial"]);
    expect(partial.stdout).toContain("Imported 120 threads");
  });

  it("name what is wrong with the file", async () => {
    const nowhere = await cli(["export", "sqlite:original.db", "missing/threads.jsonl"]);
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([
      2,
      "threadstore: The folder of the export does not exist. Create it, or correct the path.\n",
    ]);
    const pipe = await cli(["export", "sqlite:original.db", "-"]);
    expect([pipe.exitCode, pipe.stderr]).toEqual([2, expect.stringContaining("An export needs a file")]);
  });

  it("accept a line that was edited, without its checksum", async () => {
    const line = JSON.stringify({
      format: "threadstore.export",
      version: 1,
      namespaces: [],
      id: "edited",
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-02T00:00:00.000Z",
      metadata: { thread: "x" },
      thread: { messages: ["edited"] },
    });
    await writeFile(join(folder(), "edited.jsonl"), `${line}\n`);
    await cli(["import", "edited.jsonl", "sqlite:edited.db", "--partial"]);
    expect(await contentsOf("edited.db")).toEqual({
      "/edited": [
        '{"messages":["edited"]}',
        { thread: "x" },
        new Date("2026-01-01T00:00:00.000Z"),
        new Date("2026-01-02T00:00:00.000Z"),
        undefined,
      ],
    });
  });
});

describe("erase", () => {
  it("only says what it would do without `--yes`, and never erases a whole store by mistake", async () => {
    await filled("erase.db");
    const dry = await cli(["erase", "sqlite:erase.db", "-n", "a%2Fb"]);
    expect([dry.exitCode, dry.stdout]).toEqual([
      4,
      expect.stringMatching(
        /^Would erase 120 threads \(.*\) of sqlite:erase\.db \(a%2Fb\)\. Confirm it with --yes\.$/mu,
      ),
    ]);
    const whole = await cli(["erase", "sqlite:erase.db", "--yes"]);
    expect([whole.exitCode, whole.stderr]).toEqual([2, expect.stringContaining("`--all`")]);
    expect(Object.keys(await contentsOf("erase.db"))).toHaveLength(125);
  });

  it("erases a namespace, and prints a receipt", async () => {
    const { exitCode, stdout } = await cli(["erase", "sqlite:erase.db", "-n", "a%2Fb", "--yes"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      store: "sqlite:erase.db (a%2Fb)",
      namespace: "a%2Fb",
      threads: 120,
      bytes: 10 * '{"index":0}'.length + 90 * '{"index":00}'.length + 20 * '{"index":000}'.length,
      startedAt: expect.stringMatching(/Z$/u),
      finishedAt: expect.stringMatching(/Z$/u),
    });
    expect(Object.keys(await contentsOf("erase.db"))).toHaveLength(5);
    expect(await leftovers()).toEqual([]);
  });

  it("erases what matches, in all namespaces", async () => {
    await filled("match.db");
    const where = await cli(["erase", "sqlite:match.db", "--where", "owner=ann", "--yes"]);
    expect(JSON.parse(where.stdout)).toMatchObject({ where: { owner: "ann" }, threads: 1 });
    const prefix = await cli(["erase", "sqlite:match.db", "--prefix", "t1", "--yes"]);
    expect(JSON.parse(prefix.stdout)).toMatchObject({ prefix: "t1", threads: 1 + 10 + 20 });
    const names = Object.keys(await contentsOf("match.db"));
    expect(names).toHaveLength(125 - 32);
    expect(names.filter((name) => name === "/plain" || name.includes("/t1"))).toEqual([]);
    const all = await cli(["erase", "sqlite:match.db", "--all", "--yes"]);
    expect(JSON.parse(all.stdout)).toMatchObject({ threads: 93 });
    expect(await contentsOf("match.db")).toEqual({});
  });

  it("refuses to compare sealed metadata", async () => {
    const path = join(folder(), "sealed.db");
    const plain = sqliteStore({ path });
    await plain.save("a", {}, { metadata: { owner: "ann" } });
    await plain.namespace("n").save("b", {}, { metadata: { owner: "bob" } });
    // As `withEncryption` stores sealed metadata.
    await plain.namespace("n").save("c", {}, { metadata: { ".encryption.sealed": "2026-01,0000," } });
    await plain.close();
    const message = expect.stringMatching(/^threadstore: MISCONFIGURED.*sealed metadata/u);
    const dry = await cli(["erase", "sqlite:sealed.db", "--where", "owner=ann"]);
    expect([dry.exitCode, dry.stderr]).toEqual([3, message]);
    const { exitCode, stdout, stderr } = await cli(["erase", "sqlite:sealed.db", "-w", "owner=ann", "--yes"]);
    expect([exitCode, stdout, stderr]).toEqual([3, "", message]);
    const rest = await cli(["erase", "sqlite:sealed.db", "--prefix", "b", "--where", "owner=bob", "--yes"]);
    expect([rest.exitCode, rest.stderr]).toEqual([0, ""]);
    expect(JSON.parse(rest.stdout)).toMatchObject({ threads: 1, corrupt: 0 });
  });

  it("continues an erase that was killed, with the right totals", async () => {
    const store = open("killed.db");
    for (const id of ["a", "b", "c"]) await store.save(id, {}, { metadata: { owner: "ann" } });
    let cursor: string | undefined;
    const killed = eraseWhere(
      store,
      { owner: "ann" },
      {
        onProgress(progress) {
          ({ cursor } = progress);
          throw new Error("killed");
        },
      },
    );
    await expect(killed).rejects.toThrow("killed");
    // It was killed after it had deleted `a`; `b` does not match anymore.
    await store.delete("a");
    await store.save("b", {}, { overwrite: true, metadata: { owner: "bob" } });
    await store.close();
    const digest = createHash("sha256")
      .update(
        JSON.stringify([
          JSON.stringify(["sqlite:killed.db", "sqlite:killed.db", null, []]),
          { prefix: undefined, where: { owner: "ann" } },
        ]),
      )
      .digest("hex")
      .slice(0, 16);
    await cli(["erase", "sqlite:killed.db", "--where", "owner=none", "--yes"]);
    await mkdir(join(folder(), ".threadstore"), { recursive: true });
    const file = join(folder(), ".threadstore", `erase-${digest}.json`);
    await writeFile(file, JSON.stringify({ state: { cursor } }));
    await writeFile(file.replace(/json$/u, `${2 ** 22 + 1}-1.lock`), "");
    const { stdout } = await cli(["erase", "sqlite:killed.db", "--where", "owner=ann", "--yes"]);
    expect(JSON.parse(stdout)).toMatchObject({ threads: 2, bytes: 4, corrupt: 0 });
    expect(Object.keys(await contentsOf("killed.db"))).toEqual(["/b"]);
    expect((await leftovers()).filter((name) => name.includes(digest))).toEqual([]);
  });
});

describe("expire", () => {
  it("deletes expired threads in all namespaces", async () => {
    const past = open("expire.db", () => Date.now() - 10_000);
    for (const view of [past, past.namespace("x"), past.namespace("x").namespace("y")]) {
      await view.save("old", {}, { ttlMs: 5000 });
      await view.save("kept", {});
    }
    await past.close();
    const dry = await cli(["expire", "sqlite:expire.db"]);
    expect([dry.exitCode, dry.stdout]).toEqual([
      4,
      "Would delete 3 expired threads in 3 namespaces of sqlite:expire.db. Confirm it with --yes.\n",
    ]);
    const counted = await cli(["expire", "sqlite:expire.db", "--json"]);
    expect([counted.exitCode, JSON.parse(counted.stdout)]).toEqual([
      4,
      { store: "sqlite:expire.db", namespaces: 3, expired: 3, deleted: 0 },
    ]);
    const { exitCode, stdout } = await cli(["expire", "sqlite:expire.db", "--yes"]);
    expect([exitCode, stdout]).toEqual([
      0,
      "Deleted 3 expired threads in 3 namespaces of sqlite:expire.db.\n",
    ]);
    const again = await cli(["expire", "sqlite:expire.db", "--yes", "--json"]);
    expect(JSON.parse(again.stdout)).toEqual({
      store: "sqlite:expire.db",
      namespaces: 3,
      expired: 0,
      deleted: 0,
    });
  });
});

await describeWithService("redis", "a store on a server", ({ url }) => {
  it("can be copied to, listed, exported and erased", async () => {
    const server = `${url}#prefix=cli-${process.pid}`;
    await filled("local.db");
    await cli(["copy", "sqlite:local.db", server]);
    const listed = await cli(["ls", server, "--tree", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      threads: 5,
      namespaces: [{ name: "a/b", threads: 0 }],
    });
    await cli(["export", server, "server.jsonl"]);
    await cli(["import", "server.jsonl", "sqlite:back.db"]);
    expect(await contentsOf("back.db")).toEqual(await contentsOf("local.db"));
    const { stdout } = await cli(["erase", server, "--all", "--yes"]);
    expect(JSON.parse(stdout)).toMatchObject({ threads: 125 });
  });
});
