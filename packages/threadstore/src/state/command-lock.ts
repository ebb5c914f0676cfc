import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../usage-error.ts";
import { isRunning, type ProcessIdentity, thisProcess } from "./running-process.ts";

/** A process that was killed may need this long to end. */
const ENDING_MS = 2000;
const POLL_MS = 50;
/** How often the folder is created again because another command has removed it. */
const ATTEMPTS = 10;

/**
 * Prevents other processes from running a command until the result is called. Throws a {@link UsageError} if one does.
 * Creates the folder.
 *
 * Each process has a lock file with its identity in the name. So a file of a process that was killed can be removed by
 * any number of processes at a time, and none of them removes the lock of another that runs. Two that start at the same
 * time see each other's file, and both may throw.
 */
export async function lockCommand(folder: string, command: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName(command, thisProcess()));
  await createLock(folder, path);
  const release = (): Promise<void> => rm(path, { force: true });
  try {
    await waitForOthers(folder, command);
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

async function createLock(folder: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(path, "", { mode: 0o600 });
      return;
    } catch (error) {
      if (isMissing(error) && attempt < ATTEMPTS) continue;
      throw new UsageError(
        `The command cannot store its position in ${folder}. Run it in a folder that it can write to.`,
        { cause: error },
      );
    }
  }
}

/** Waits for processes that run the same command and may be ending. */
async function waitForOthers(folder: string, command: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const other = await findOther(folder, command);
    if (other === undefined) return;
    if (performance.now() - startedAt > ENDING_MS) {
      throw new UsageError(
        `The same command is running as process ${other.pid}. Wait for it. If that process is another program, delete ` +
          `${join(folder, lockName(command, other))} and run the command again: it continues where it was.`,
      );
    }
    await setTimeout(POLL_MS);
  }
}

/** Resolves with another process that runs the command. Removes the locks of processes that have ended. */
async function findOther(folder: string, command: string): Promise<ProcessIdentity | undefined> {
  const own = thisProcess();
  const holders = (await readdir(folder)).flatMap((name) => holderOf(command, name) ?? []);
  const others = holders.filter(({ pid, start }) => pid !== own.pid || start !== own.start);
  const ended = others.filter((other) => !isRunning(other));
  await Promise.all(ended.map((other) => rm(join(folder, lockName(command, other)), { force: true })));
  return others.find((other) => !ended.includes(other));
}

function lockName(command: string, { pid, start }: ProcessIdentity): string {
  return `${command}.${pid}-${start}.lock`;
}

/** Returns the process to which a file of this name belongs if it is a lock of the command. */
function holderOf(command: string, name: string): ProcessIdentity | undefined {
  const [, of, pid, start] = /^(.+)\.([1-9]\d*)-(\d+)\.lock$/u.exec(name) ?? [];
  return of === command && start !== undefined ? { pid: Number(pid), start } : undefined;
}

function isMissing(error: unknown): boolean {
  return isError(error) && "code" in error && error.code === "ENOENT";
}
