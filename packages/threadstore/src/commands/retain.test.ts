import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "@threadstore/file-system";
import { describe, expect, it } from "vitest";
import { type Outcome, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();
const cli = (...parameters: string[]): Promise<Outcome> => runIn(folder(), parameters);
const DAY = 86_400_000;
const ANN = { owner: "ann" };

/** Fills a folder with threads of several ages, in two namespaces. */
async function fill(name: string): Promise<void> {
  const now = Date.now();
  for (const days of [0, 10, 100, 200]) {
    const store = fileSystemStore({ folder: join(folder(), name), now: () => now - days * DAY });
    for (const view of [store, store.namespace("acme")]) {
      await view.save(`ann-${days}`, { days }, { metadata: ANN });
      await view.save(`bob-${days}`, {}, { metadata: { owner: "bob" } });
    }
    if (days === 10) await store.save("short", {}, { ttlMs: DAY });
    await store.close();
  }
}

async function idsOf(name: string): Promise<string[]> {
  const store = fileSystemStore({ folder: join(folder(), name) });
  const views: [string, ThreadStore][] = [
    ["", store],
    ["acme/", store.namespace("acme")],
  ];
  const ids: string[] = [];
  for (const [path, view] of views) for await (const { id } of view.list()) ids.push(path + id);
  await store.close();
  return ids;
}

async function damage(name: string, id: string): Promise<void> {
  const files = await readdir(join(folder(), name), { recursive: true });
  const segment = files.find((file) => file.includes(id) && file.endsWith(".segment"));
  await writeFile(join(folder(), name, segment ?? ""), "{}");
}

describe("retain", () => {
  it("counts first, and then deletes what is older, with a receipt", async () => {
    await fill("old");
    const command = ["retain", "file:old", "--older-than", "90d"];
    const dry = await cli(...command);
    expect([dry.exitCode, dry.stdout, dry.stderr]).toEqual([
      4,
      "Would delete 8 threads (56 B) and 1 expired thread of file:old. Confirm it with --yes.\n",
      "",
    ]);
    expect(await idsOf("old")).toHaveLength(16);
    const { exitCode, stdout, stderr } = await cli(...command, "--yes");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      store: "file:old",
      namespace: "",
      policy: { olderThanMs: 90 * DAY },
      threads: 8,
      bytes: 56,
      expired: 1,
      corrupt: 0,
      startedAt: expect.stringMatching(/Z$/u),
      finishedAt: expect.stringMatching(/Z$/u),
    });
    const kept = ["ann-0", "ann-10", "bob-0", "bob-10"];
    expect(await idsOf("old")).toEqual([...kept, ...kept.map((id) => `acme/${id}`)]);
    expect(await readdir(join(folder(), ".threadstore")).catch(() => [])).toEqual([]);
  });

  it("combines conditions", async () => {
    await fill("combined");
    const policy = ["--keep-newest", "1", "--older-than", "2w", "--where", "owner=ann", "--prefix", "a"];
    const { exitCode } = await cli("retain", "file:combined", "-n", "acme", ...policy, "--yes");
    expect(exitCode).toBe(0);
    const deleted = ["acme/ann-100", "acme/ann-200"];
    const ids = await idsOf("combined");
    expect(ids).toHaveLength(14);
    expect(ids.filter((id) => deleted.includes(id))).toEqual([]);
  });

  it("keeps and names corrupt threads, whose age is unknown", async () => {
    await fill("broken");
    await damage("broken", "ann-200");
    const { exitCode, stdout, stderr } = await cli("retain", "file:broken", "--older-than", "150d", "--yes");
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^Corrupt, kept: (?:acme\/)?ann-200\n$/u)]);
    expect(JSON.parse(stdout)).toMatchObject({ threads: 3, corrupt: 1 });
  });

  it("names corrupt threads, which may match `where`, too", async () => {
    await fill("unclear");
    await damage("unclear", "bob-0");
    const policy = ["--keep-newest", "1", "--where", "owner=ann"];
    const { exitCode, stderr } = await cli("retain", "file:unclear", ...policy, "--yes");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("Corrupt, kept: bob-0")]);
  });

  it.each([
    [[], "needs `--older-than` or `--keep-newest`"],
    [["--where", "owner=ann"], "needs `--older-than` or `--keep-newest`"],
    [["--older-than", "90"], "Write a number and s, m, h, d or w, such as 90d."],
    [["--older-than", "0d"], "Write a number and s, m, h, d or w, such as 90d."],
    [["--keep-newest", "1001"], "from 1 to 1000"],
  ])("rejects the policy %j", async (policy, message) => {
    const { exitCode, stderr } = await cli("retain", "file:old", ...policy, "--yes");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("erase --prefix", () => {
  it("deletes corrupt threads, too, whose ids say that they match", async () => {
    await fill("prefix");
    await damage("prefix", "ann-200");
    const { exitCode, stdout, stderr } = await cli("erase", "file:prefix", "--prefix", "ann-", "--yes");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ prefix: "ann-", threads: 8, expired: 1 });
    expect((await idsOf("prefix")).filter((id) => id.includes("ann"))).toEqual([]);
    const none = await cli("erase", "file:prefix", "--prefix", "", "--yes");
    expect([none.exitCode, none.stderr]).toEqual([3, expect.stringContaining("INVALID_ARGUMENT")]);
    expect(await idsOf("prefix")).toHaveLength(8);
  });
});
