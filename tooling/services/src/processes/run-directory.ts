import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "./cache-directory.ts";
import { processStart } from "./process-identity.ts";

/**
 * The folder of a running service, with its data, its logs and the list of its processes.
 *
 * Its name includes the process that owns it. It is removed when the owner says so, when the owner exits, or, if the
 * owner crashed, when another process starts a service.
 */
export interface RunDirectory {
  readonly path: string;
  /** Adds a process that must end with the owner. It must be the leader of a process group. */
  own(pid: number): void;
  /** Kills the processes that are still running, and removes the folder. */
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

/** Ends the services whose owners have ended, and returns their names. */
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
  // A killed server may still be writing for a moment.
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Whether the process `PID-START` is running: the same process, not another one with the same id. */
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

let isWatching = false;

function removeOwnedAtExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.on("exit", removeOwned);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      // Another listener decides how the process ends. The `exit` event follows.
      if (process.listenerCount(signal) > 0) return;
      removeOwned();
      process.kill(process.pid, signal);
    });
  }
}
