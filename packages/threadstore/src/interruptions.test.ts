// Processes that are stopped with Ctrl+C or killed. The same command then continues.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "./cli/cli.test-helper.ts";

const BIN = join(import.meta.dirname, "../bin/threadstore.js");
const THREADS = 600;
const folder = temporaryFolder();

beforeAll(async () => {
  const store = sqliteStore({ path: join(folder(), "many.db"), synchronous: "normal" });
  const views = [store, store.namespace("a"), store.namespace("b")];
  for (let index = 0; index < THREADS; index += 1) {
    await views[index % 3]?.save(`t${index}`, { index, text: "x".repeat(100) });
  }
  await store.close();
});

/** Runs a command, and stops it with the signal once it has stored its state and gone on. */
async function interrupt(
  signal: NodeJS.Signals,
  command: readonly string[],
): Promise<{ readonly exitCode: unknown; readonly stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...command], { cwd: folder() });
  const ended = once(child, "close");
  const stderr = text(child.stderr);
  await progressed(child);
  child.kill(signal);
  const [exitCode] = await ended;
  return { exitCode, stderr: await stderr };
}

/** Resolves once the state of the command has been replaced. */
async function progressed(child: ChildProcess): Promise<void> {
  const seen = new Set<number>();
  while (seen.size < 2) {
    if (child.exitCode !== null) throw new Error("The command ended before it could be stopped.");
    const states = (await readdir(join(folder(), ".threadstore")).catch(() => [])).filter((name) =>
      name.endsWith(".json"),
    );
    for (const name of states) {
      const status = await stat(join(folder(), ".threadstore", name)).catch(() => undefined);
      if (status !== undefined) seen.add(status.mtimeMs);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function threadsIn(url: string): Promise<number> {
  const { stdout } = await runIn(folder(), ["stats", url, "--json"]);
  return (JSON.parse(stdout) as { threads: number }).threads;
}

describe.each(["SIGINT", "SIGKILL"] as const)("after %s", (signal) => {
  const expectStopped = ({ exitCode, stderr }: { exitCode: unknown; stderr: string }): void => {
    const isKilled = signal === "SIGKILL";
    expect([exitCode, stderr]).toEqual(
      isKilled ? [null, ""] : [130, "threadstore: Stopped. Run the same command again to continue.\n"],
    );
  };

  it("a copy continues", async () => {
    const target = `sqlite:copy-${signal}.db#synchronous=normal`;
    expectStopped(await interrupt(signal, ["copy", "sqlite:many.db", target, "--rate", "600"]));
    const { exitCode, stdout, stderr } = await runIn(folder(), ["copy", "sqlite:many.db", target, "--json"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { first } = JSON.parse(stdout) as { first: { copied: number; skipped: number } };
    expect(first.copied + first.skipped).toBe(THREADS);
    expect(await threadsIn(target)).toBe(THREADS);
  });

  it("an export continues, and is the same as one that was not stopped", async () => {
    const file = `export-${signal}.jsonl`;
    expectStopped(await interrupt(signal, ["export", "sqlite:many.db", file]));
    const { exitCode, stdout } = await runIn(folder(), ["export", "sqlite:many.db", file]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Exported 600 threads")]);
    const whole = `whole-${signal}.jsonl`;
    await runIn(folder(), ["export", "sqlite:many.db", whole]);
    expect(await readFile(join(folder(), file))).toEqual(await readFile(join(folder(), whole)));
  });

  it.each([["--all"], ["--prefix=t"]])(
    "an erase with %s continues, and its receipt counts everything",
    async (what) => {
      const name = `erase-${signal}${what.slice(1, 5)}.db`;
      await copyFile(join(folder(), "many.db"), join(folder(), name));
      const store = `sqlite:${name}`;
      expectStopped(await interrupt(signal, ["erase", store, what, "--yes"]));
      const { exitCode, stdout } = await runIn(folder(), ["erase", store, what, "--yes"]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ threads: THREADS });
      expect(await threadsIn(store)).toBe(0);
    },
  );
});
