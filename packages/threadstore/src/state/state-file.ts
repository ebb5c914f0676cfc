import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../usage-error.ts";

/** Where a command is, so that the same command continues after it was stopped or killed. */
export interface StateFile<State> {
  /**
   * Resolves with the state of an earlier run that did not finish. Throws a {@link UsageError} if that run is still
   * working.
   */
  readonly read: () => Promise<State | undefined>;
  /** Replaces the state. A crash leaves the earlier or the new one. */
  readonly write: (state: State) => Promise<void>;
  /** Removes the state, once the command has finished. */
  readonly remove: () => Promise<void>;
}

const FOLDER = ".threadstore";

/**
 * Returns the state of a command in the working directory. `identity` is JSON that distinguishes commands: the names of
 * its stores, without secrets, and the options that determine what it does.
 */
export function stateFile<State>(
  { folder, command }: { readonly folder: string; readonly command: string },
  identity: unknown,
): StateFile<State> {
  const digest = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  const place = join(folder, FOLDER);
  const path = join(place, `${command}-${digest}.json`);
  return {
    async read() {
      const stored = await readState(path);
      if (stored === undefined) return undefined;
      if (stored.pid !== process.pid && isRunning(stored.pid)) {
        throw new UsageError(
          `The same command is running as process ${stored.pid}. Wait for it. If that is another program, delete ${path}.`,
        );
      }
      return stored.state as State;
    },
    async write(state) {
      await mkdir(place, { recursive: true, mode: 0o700 });
      const temporary = `${path}.${process.pid}.tmp`;
      await writeFile(temporary, JSON.stringify({ pid: process.pid, state }), { mode: 0o600, flush: true });
      await rename(temporary, path);
    },
    async remove() {
      await rm(path, { force: true });
      // Other commands may have theirs in it.
      await rmdir(place).catch(() => undefined);
    },
  };
}

async function readState(path: string): Promise<{ pid: number; state: unknown } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as { pid: number; state: unknown };
  } catch (error) {
    if (isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`${path} cannot be read. Delete it to start the command from the beginning.`, {
      cause: error,
    });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isError(error) && "code" in error && error.code === "EPERM";
  }
}
