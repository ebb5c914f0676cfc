import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { type Outcome, runIn } from "../cli/cli.test-helper.ts";

/** The output of a transfer with `--json`. */
export interface TransferOutcome extends Pick<Outcome, "exitCode" | "stderr"> {
  readonly report: {
    readonly moved: number;
    readonly present: number;
    readonly different: number;
    readonly other: number;
    readonly failed: number;
    readonly problems: number;
    readonly firstProblems: readonly { place: string; line?: number; path?: string; message: string }[];
  };
}

/** Runs an import or export with `--json`. */
export async function transferIn(folder: string, ...parameters: string[]): Promise<TransferOutcome> {
  const { exitCode, stdout, stderr } = await runIn(folder, [...parameters, "--json"]);
  return { exitCode, stderr, report: JSON.parse(stdout || "{}") as TransferOutcome["report"] };
}

/** Opens a SQLite store, and closes it after the work. */
export async function withStore<Result>(
  path: string,
  work: (store: ThreadStore) => Promise<Result>,
): Promise<Result> {
  const store = sqliteStore({ path });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Writes a file and the folders that lead to it. */
export async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** Returns the lines of JSON Lines. */
export function jsonLinesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

/** Resolves with the paths of all files in a folder, sorted. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
