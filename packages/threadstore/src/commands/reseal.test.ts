import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { sqliteStore } from "@threadstore/sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, runIn } from "../cli/cli.test-helper.ts";

// In this package, so that the configuration finds the packages.
const folder = join(import.meta.dirname, `../../dist/reseal-test-${process.pid}`);
const cli = (...parameters: string[]): Promise<Outcome> => runIn(folder, parameters);
const KEYS = { "2026-01": "a".repeat(43) + "=", "2026-02": "c".repeat(43) + "=" };
const THREADS = 600;

/** Creates a database whose threads have the first key, and a configuration in which the second one is current. */
async function prepare(name: string, threads: number): Promise<string> {
  const path = join(folder, `${name}.db`);
  const config = `${name}.config.mjs`;
  await writeFile(
    join(folder, config),
    `import { staticKeys, withEncryption } from "@threadstore/encryption";
     import { withHistory } from "@threadstore/history";
     import { sqliteStore } from "@threadstore/sqlite";
     const keys = staticKeys({ current: "2026-02", keys: ${JSON.stringify(KEYS)} });
     const open = () => sqliteStore({ path: ${JSON.stringify(path)}, synchronous: "normal" });
     export default {
       encrypted: () => withHistory(withEncryption(open(), { keys, metadata: "sealed" })),
       bare: open,
     };`,
  );
  const keys = staticKeys({ current: "2026-01", keys: KEYS });
  const store = withEncryption(sqliteStore({ path, synchronous: "normal" }), { keys, metadata: "sealed" });
  for (let n = 0; n < threads; n += 1) {
    const view = n % 2 === 0 ? store : store.namespace("acme");
    await view.save(`t${n}`, { messages: [n] }, { metadata: { owner: "ann" } });
  }
  await store.close();
  return config;
}

beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true }));

describe("reseal", () => {
  it("counts the threads of each key first, and then encrypts them again", async () => {
    const config = await prepare("some", 5);
    const command = ["reseal", "config:encrypted", "--config", config];
    const dry = await cli(...command);
    expect([dry.exitCode, dry.stderr, dry.stdout]).toEqual([
      4,
      "",
      [
        "Key      Threads  To encrypt",
        "2026-01        5           5",
        "Would encrypt 5 threads of config:encrypted again. Confirm it with --yes.",
        "",
      ].join("\n"),
    ]);
    const done = await cli(...command, "--yes");
    expect([done.exitCode, done.stdout]).toEqual([
      0,
      "Encrypted 5 threads of config:encrypted again. 0 threads had the current key already.\n",
    ]);
    const again = await cli(...command, "--yes", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ resealed: 0, current: 5, corrupt: 0 });
    const counts = await cli(...command, "--json");
    expect(JSON.parse(counts.stdout)).toEqual({
      store: "config:encrypted",
      keys: [{ keyId: "2026-02", threads: 5, outdated: 0 }],
      corrupt: 0,
    });
    const listed = await cli("ls", "config:encrypted", "--config", config, "--where", "owner=ann", "--json");
    expect((JSON.parse(listed.stdout) as { threads: unknown[] }).threads).toHaveLength(3);
    expect(await readdir(join(folder, ".threadstore")).catch(() => [])).toEqual([]);
  });

  it("refuses a store without encryption", async () => {
    const config = await prepare("bare", 1);
    for (const args of [["config:bare", "--config", config], ["sqlite:bare.db"]]) {
      const { exitCode, stderr } = await cli("reseal", ...args, "--yes");
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining("was opened without encryption")]);
    }
  });

  it.each(["SIGINT", "SIGKILL"] as const)("continues after %s, and counts everything", async (signal) => {
    const config = await prepare(signal, THREADS);
    const command = ["reseal", "config:encrypted", "--config", config, "--yes", "--json"];
    const bin = join(import.meta.dirname, "../../bin/threadstore.js");
    const child = spawn(process.execPath, [bin, ...command], { cwd: folder, stdio: "ignore" });
    const ended = once(child, "close");
    await progressed(child);
    child.kill(signal);
    expect(await ended).toEqual(signal === "SIGKILL" ? [null, "SIGKILL"] : [130, null]);
    const { exitCode, stdout } = await cli(...command);
    expect(exitCode).toBe(0);
    const { resealed, current } = JSON.parse(stdout) as { resealed: number; current: number };
    // Those of the page that was interrupted have the current key.
    expect(resealed + current).toBe(THREADS);
    expect(resealed).toBeGreaterThan(THREADS - 60);
  });
});

/** Resolves once the state of the command was replaced. */
async function progressed(child: ChildProcess): Promise<void> {
  const seen = new Set<number>();
  while (seen.size < 2) {
    if (child.exitCode !== null) throw new Error("The command ended before it could be stopped.");
    const names = (await readdir(join(folder, ".threadstore")).catch(() => [])).filter((name) =>
      name.endsWith(".json"),
    );
    for (const name of names) {
      const status = await stat(join(folder, ".threadstore", name)).catch(() => undefined);
      if (status !== undefined) seen.add(status.mtimeMs);
    }
    await setTimeout(2);
  }
}
