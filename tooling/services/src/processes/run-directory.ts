import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "./cache-directory.ts";
import { processStart } from "./process-identity.ts";

/**
 * The folder of one started service: its data, its logs, and the list of its processes.
 *
 * Its name tells which process owns it. It goes with its owner: when the owner asks, when the owner exits, or, after a
 * crash of the owner, when the next one starts.
 */
export interface RunDirectory {
  readonly path: string;
  /** Notes a process which has to end with the owner. It must lead a process group of its own. */
  own(pid: number): void;
  /** Kills what still runs, and removes the folder. */
  remove(): void;
}

const runs = join(cacheDirectory, "run");
const owned = new Set<RunDirectory>();

export function createRunDirectory(service: string): RunDirectory {
  removeLeftovers();
  removeOwnedAtExit();
  const owner = `${process.pid}-${processStart(process.pid) ?? ""}`;
  const path = join(runs, `${service}~${owner}~${randomBytes(3).toString("hex")}`);
  mkdirSync(path, { recursive: true });
  const directory: RunDirectory = {
    path,
    own: (pid) => appendFileSync(join(path, "processes"), `${pid}-${processStart(pid) ?? ""}\n`),
    remove: () => {
      owned.delete(directory);
      removeRun(path);
    },
  };
  owned.add(directory);
  return directory;
}

/** Ends what owners that are no more left behind, and returns the names of the services that were left. */
export function removeLeftovers(): string[] {
  const leftovers = listRuns().filter((run) => !isRunning(run.split("~")[1]));
  for (const run of leftovers) removeRun(join(runs, run));
  return leftovers.map((run) => run.split("~")[0] ?? run);
}

function listRuns(): string[] {
  return tolerate("ENOENT", () => readdirSync(runs)) ?? [];
}

function removeRun(path: string): void {
  const processes = tolerate("ENOENT", () => readFileSync(join(path, "processes"), "utf8")) ?? "";
  for (const identity of processes.split("\n").filter(isRunning)) {
    tolerate("ESRCH", () => process.kill(-Number.parseInt(identity, 10), "SIGKILL"));
  }
  // A killed server may write for a moment yet.
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Whether the process named `pid-start` is still the one that had this id then. */
function isRunning(identity = ""): boolean {
  const [pid, start] = identity.split("-");
  return start !== undefined && start !== "" && processStart(Number(pid)) === start;
}

function tolerate<Result>(code: string, action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return undefined;
    throw error;
  }
}

function removeOwned(): void {
  for (const directory of owned) directory.remove();
}

let watching = false;

function removeOwnedAtExit(): void {
  if (watching) return;
  watching = true;
  process.on("exit", removeOwned);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      // Whoever else listens decides how the process ends, and `exit` comes then.
      if (process.listenerCount(signal) > 0) return;
      removeOwned();
      process.kill(process.pid, signal);
    });
  }
}
