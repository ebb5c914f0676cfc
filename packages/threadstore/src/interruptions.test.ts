// Processes that are stopped with Ctrl+C, killed, or out of space. The same command then continues.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
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

/** A command that was stopped, and what it printed. */
interface Stopped {
  readonly command: readonly string[];
  readonly exitCode: unknown;
  readonly stderr: string;
}

const ATTEMPTS = 10;

/**
 * Runs a command, and stops it with the signal once it has stored its state and gone on. Repeats this with another command
 * if it ended first, because this process had to wait for the CPU.
 */
async function interrupt(
  signal: NodeJS.Signals,
  prepare: (attempt: number) => Promise<readonly string[]>,
): Promise<Stopped> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const command = await prepare(attempt);
    const child = spawn(process.execPath, [BIN, ...command], { cwd: folder() });
    const ended = once(child, "close");
    const stderr = text(child.stderr);
    const isRunning = await progressed(child);
    if (isRunning) child.kill(signal);
    const [exitCode] = await ended;
    if (isRunning && exitCode !== 0) return { command, exitCode, stderr: await stderr };
  }
  throw new Error(`The command ended ${ATTEMPTS} times before it could be stopped.`);
}

/** Resolves with `true` once the state of the command has been replaced, and with `false` if it has ended. */
async function progressed(child: ChildProcess): Promise<boolean> {
  const seen = new Set<number>();
  while (seen.size < 2) {
    if (child.exitCode !== null) return false;
    const states = (await readdir(join(folder(), ".threadstore")).catch(() => [])).filter((name) =>
      name.endsWith(".json"),
    );
    for (const name of states) {
      const status = await stat(join(folder(), ".threadstore", name)).catch(() => undefined);
      if (status !== undefined) seen.add(status.mtimeMs);
    }
    await setTimeout(2);
  }
  return true;
}

async function threadsIn(url: string): Promise<number> {
  const { stdout } = await runIn(folder(), ["stats", url, "--json"]);
  return (JSON.parse(stdout) as { threads: number }).threads;
}

describe.each(["SIGINT", "SIGKILL"] as const)("after %s", (signal) => {
  const expectStopped = ({ exitCode, stderr }: Stopped): void => {
    const isKilled = signal === "SIGKILL";
    expect([exitCode, stderr]).toEqual(
      isKilled ? [null, ""] : [130, "threadstore: Stopped. Run the same command again to continue.\n"],
    );
  };

  it("a copy continues", async () => {
    const stopped = await interrupt(signal, async (attempt) => {
      const target = `sqlite:copy-${signal}-${attempt}.db#synchronous=normal`;
      return ["copy", "sqlite:many.db", target, "--rate", "600", "--json"];
    });
    expectStopped(stopped);
    const { exitCode, stdout, stderr } = await runIn(folder(), stopped.command);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { first } = JSON.parse(stdout) as { first: { copied: number; skipped: number } };
    expect(first.copied + first.skipped).toBe(THREADS);
    expect(await threadsIn(stopped.command[2] ?? "")).toBe(THREADS);
  });

  it("an export continues, and is the same as one that was not stopped", async () => {
    const stopped = await interrupt(signal, async (attempt) => {
      return ["export", "sqlite:many.db", `export-${signal}-${attempt}.jsonl`];
    });
    expectStopped(stopped);
    const { exitCode, stdout } = await runIn(folder(), stopped.command);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining("Exported 600 threads")]);
    const whole = `whole-${signal}.jsonl`;
    await runIn(folder(), ["export", "sqlite:many.db", whole]);
    const file = stopped.command[2] ?? "";
    expect(await readFile(join(folder(), file))).toEqual(await readFile(join(folder(), whole)));
  });

  it.each([["--all"], ["--prefix=t"]])(
    "an erase with %s continues, and its receipt counts everything",
    async (what) => {
      const stopped = await interrupt(signal, async (attempt) => {
        const name = `erase-${signal}${what.slice(1, 5)}-${attempt}.db`;
        await copyFile(join(folder(), "many.db"), join(folder(), name));
        return ["erase", `sqlite:${name}`, what, "--yes"];
      });
      expectStopped(stopped);
      const { exitCode, stdout } = await runIn(folder(), stopped.command);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ threads: THREADS });
      expect(await threadsIn(stopped.command[1] ?? "")).toBe(0);
    },
  );
});

it("an import continues after Ctrl+C", async () => {
  await runIn(folder(), ["export", "sqlite:many.db", "stopped.jsonl"]);
  const command = ["import", "stopped.jsonl", "sqlite:stopped.db", "--json"];
  const controller = new AbortController();
  const running = runIn(folder(), command, { signal: controller.signal });
  await expect.poll(() => threadsIn("sqlite:stopped.db").catch(() => 0), { interval: 1 }).toBeGreaterThan(0);
  controller.abort();
  const { exitCode } = await running;
  // It may have ended first.
  expect([0, 130]).toContain(exitCode);
  const { stdout } = await runIn(folder(), command);
  const { imported, present } = JSON.parse(stdout) as { imported: number; present: number };
  expect(imported + present).toBe(THREADS);
  expect(present).toBeGreaterThan(0);
});

/** Runs a command that can write files of at most 64 KB (in some shells 128 KB), as if the disk was full then. */
async function runOnFullDisk(command: readonly string[]): Promise<Omit<Stopped, "command">> {
  const script = 'ulimit -f 128; exec "$0" "$@"';
  const child = spawn("/bin/sh", ["-c", script, process.execPath, BIN, ...command], { cwd: folder() });
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { exitCode, stderr };
}

describe("on a full disk", () => {
  const items = [{ type: "message", role: "user", content: "x".repeat(400_000) }];
  beforeAll(async () => {
    const store = sqliteStore({ path: join(folder(), "big.db") });
    await store.save("big", { format: "threadstore.thread", version: 1, kind: "openai-agents-items", items });
    await store.close();
  });

  it("an export fails, and continues once there is room", async () => {
    const command = ["export", "sqlite:big.db", "full.jsonl"];
    const { exitCode, stderr } = await runOnFullDisk(command);
    expect([exitCode, stderr]).toEqual([
      2,
      "threadstore: The file of the export cannot be written (EFBIG). Correct this, and run the same command again to continue.\n",
    ]);
    expect(await readdir(folder())).not.toContain("full.jsonl");
    expect(await runIn(folder(), command)).toMatchObject({ exitCode: 0 });
    expect(await runIn(folder(), ["import", "full.jsonl", "sqlite:full.db"])).toMatchObject({ exitCode: 0 });
    expect(await threadsIn("sqlite:full.db")).toBe(1);
  });

  it("an export with --format fails, and writes the whole file once there is room", async () => {
    const command = ["export", "sqlite:big.db", "full", "--format", "openai-agents"];
    const { exitCode, stderr } = await runOnFullDisk(command);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("A file cannot be used: EFBIG")]);
    const written = async (): Promise<string[]> =>
      (await readdir(join(folder(), "full"))).filter((name) => !name.startsWith("."));
    expect(await written()).toEqual([]);
    expect(await runIn(folder(), command)).toMatchObject({ exitCode: 0 });
    expect(await written()).toEqual(["big.jsonl"]);
    const lines = (await readFile(join(folder(), "full/big.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(items);
  });
});
