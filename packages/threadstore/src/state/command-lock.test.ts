// Commands that find what processes have left that were killed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { type Outcome, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const BIN = join(import.meta.dirname, "../../bin/threadstore.js");
const THREADS = 300;
/** A copy stores its position after each page. */
const PAGE_SIZE = 50;
const folder = temporaryFolder();
const cli = (parameters: readonly string[]): Promise<Outcome> => runIn(folder(), parameters);

beforeAll(async () => {
  const store = sqliteStore({ path: join(folder(), "many.db"), synchronous: "normal" });
  for (let index = 0; index < THREADS; index += 1) await store.save(`t${index}`, { index });
  await store.close();
});

const files = (): Promise<string[]> => readdir(join(folder(), ".threadstore")).catch(() => []);

const copyTo = (name: string): string[] => ["copy", "sqlite:many.db", `sqlite:${name}`, "--json"];

/** Starts a copy and kills it after some pages. Its parent does not read its exit code, so it stays as a zombie. */
async function killCopy(name: string): Promise<{ pid: number; forget: () => Promise<void> }> {
  const command = [process.execPath, BIN, ...copyTo(name), "--rate", "150"];
  const parent = spawn("sh", ["-c", '"$@" >/dev/null & echo $!; exec sleep 60', "sh", ...command], {
    cwd: folder(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(parent, "exit");
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
  const times = new Set<number>();
  await expect
    .poll(
      async () => {
        const state = (await files()).find((file) => file.endsWith(".json")) ?? "missing";
        const status = await stat(join(folder(), ".threadstore", state)).catch(() => undefined);
        if (status !== undefined) times.add(status.mtimeMs);
        return times.size;
      },
      { interval: 5, timeout: 20_000 },
    )
    .toBeGreaterThan(2);
  const pid = Number(line);
  process.kill(pid, "SIGKILL");
  return {
    pid,
    async forget() {
      parent.kill();
      await ended;
    },
  };
}

/** Expects that a copy has continued, instead of comparing all that was copied before. */
function expectContinued({ exitCode, stdout, stderr }: Outcome): void {
  expect([exitCode, stderr]).toEqual([0, ""]);
  const { first } = JSON.parse(stdout) as { first: { copied: number; skipped: number } };
  expect(first.copied + first.skipped).toBe(THREADS);
  expect(first.skipped).toBeLessThanOrEqual(PAGE_SIZE);
}

describe.skipIf(process.platform === "win32")("a command that was killed", () => {
  it("continues at once, although its process is a zombie", async () => {
    const { pid, forget } = await killCopy("zombie.db");
    expectContinued(await cli(copyTo("zombie.db")));
    expect(await files()).toEqual([]);
    // Zombies receive signals.
    expect(process.kill(pid, 0)).toBe(true);
    await forget();
  });

  it.runIf(process.platform === "linux")("continues if another process has got its id", async () => {
    const { forget } = await killCopy("reused.db");
    await giveLockTo(`${process.ppid}-1`);
    expectContinued(await cli(copyTo("reused.db")));
    expect(await files()).toEqual([]);
    await forget();
  });

  it("does not run twice, and continues after its message was followed", async () => {
    const { forget } = await killCopy("twice.db");
    await forget();
    // As on a system that does not tell when a process was started.
    const lock = await giveLockTo(`${process.ppid}-0`);
    const { exitCode, stderr } = await cli(copyTo("twice.db"));
    expect([exitCode, stderr]).toEqual([
      2,
      `threadstore: The same command is running as process ${process.ppid}. Wait for it. If that process is another ` +
        `program, delete ${lock} and run the command again: it continues where it was.\n`,
    ]);
    await rm(lock);
    expectContinued(await cli(copyTo("twice.db")));
    expect(await files()).toEqual([]);
  });
});

/** Renames the only lock to that of another process. Resolves with its path. */
async function giveLockTo(holder: string): Promise<string> {
  const locks = (await files()).filter((file) => file.endsWith(".lock"));
  expect(locks).toHaveLength(1);
  const [lock = ""] = locks;
  const path = join(folder(), ".threadstore", lock.replace(/\.\d+-\d+\.lock$/u, `.${holder}.lock`));
  await rename(join(folder(), ".threadstore", lock), path);
  return path;
}

it("a command names the folder in which it cannot store its position", async () => {
  await writeFile(join(folder(), ".threadstore"), "");
  const { exitCode, stderr } = await cli(copyTo("nowhere.db"));
  expect([exitCode, stderr]).toEqual([
    2,
    `threadstore: The command cannot store its position in ${join(folder(), ".threadstore")}. Run it in a folder that ` +
      "it can write to.\n",
  ]);
  await rm(join(folder(), ".threadstore"));
});
