import { createHash } from "node:crypto";
import { readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/driver";
import { InterruptedError, UsageError } from "../usage-error.ts";
import { lockCommand } from "./command-lock.ts";

/** Where a command is, so that the same command continues after it was stopped or killed. */
export interface StateFile<State> {
  /** Resolves with the state of an earlier run that did not finish. */
  readonly read: () => Promise<State | undefined>;
  /** Replaces the state. A crash leaves the earlier or the new one. */
  readonly write: (state: State) => Promise<void>;
  /** Removes the state, once the command has finished. */
  readonly remove: () => Promise<void>;
}

const FOLDER = ".threadstore";

/**
 * Runs a command with its state in the working directory. `identity` is JSON that distinguishes commands: the names of
 * its stores, without secrets, and the options that determine what it does. Throws a {@link UsageError} if another process
 * is running the same command.
 */
export async function withState<State, Result>(
  { folder, command }: { readonly folder: string; readonly command: string },
  identity: unknown,
  run: (file: StateFile<State>) => Promise<Result>,
): Promise<Result> {
  const digest = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  const place = join(folder, FOLDER);
  const name = `${command}-${digest}`;
  const release = await lockCommand(place, name);
  const file = stateFile<State>(join(place, `${name}.json`));
  try {
    return await run(file);
  } catch (error) {
    const continues = ThreadStoreError.is(error) && (await file.read().catch(() => undefined)) !== undefined;
    throw continues ? new InterruptedError(error) : error;
  } finally {
    await release();
    // Other commands may have theirs in it.
    await rmdir(place).catch(() => undefined);
  }
}

function stateFile<State>(path: string): StateFile<State> {
  const temporary = `${path}.tmp`;
  return {
    read: () => readState(path) as Promise<State | undefined>,
    async write(state) {
      await writeFile(temporary, JSON.stringify({ state }), { mode: 0o600, flush: true });
      await rename(temporary, path);
    },
    async remove() {
      await rm(path, { force: true });
      // A run that was killed may have left it.
      await rm(temporary, { force: true });
    },
  };
}

async function readState(path: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(path, "utf8")) as { state: unknown }).state;
  } catch (error) {
    if (isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw new UsageError(`${path} cannot be read. Delete it to start the command from the beginning.`, {
      cause: error,
    });
  }
}
