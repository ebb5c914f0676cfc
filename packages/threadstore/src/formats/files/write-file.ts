import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { isError } from "@threadstore/core/driver";
import type { MoveOutcome, TransferContext } from "../transfer-format.ts";
import { partName } from "./file-names.ts";

/** A file to write. */
export interface ExportedFile {
  /** Its path in the folder of the export. */
  readonly path: string;
  /** Returns its content, in pieces. Called several times. */
  readonly content: () => Iterable<string>;
}

/**
 * Writes a file, unless it exists with this content. A file with another content is kept, unless `overwrite` is set.
 * After a crash, the file is either unchanged or completely written.
 */
export async function writeFile(
  folder: string,
  { path, content }: ExportedFile,
  { isDryRun, overwrite, signal }: Pick<TransferContext, "isDryRun" | "overwrite" | "signal">,
): Promise<MoveOutcome> {
  const target = resolve(folder, path);
  if (!target.startsWith(resolve(folder) + sep)) throw new Error(`The path ${path} leaves the folder.`);
  const existing = await digestOfFile(target, signal);
  if (existing !== undefined) {
    if (existing === digestOf(content())) return "present";
    if (!overwrite) return "different";
  }
  if (isDryRun) return "moved";
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const part = join(dirname(target), partName(target));
  const handle = await open(part, "w", 0o600);
  try {
    for (const piece of content()) {
      signal.throwIfAborted();
      // Unlike `write`, it writes the rest of what a disk that is almost full has taken in part, or fails.
      await handle.appendFile(piece);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, target);
  return "moved";
}

function digestOf(content: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const piece of content) hash.update(piece);
  return hash.digest("hex");
}

async function digestOfFile(path: string, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) hash.update(chunk);
  } catch (error) {
    if (isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}

/** Returns the outcome for a conversation of several files. */
export function combined(outcomes: readonly MoveOutcome[]): MoveOutcome {
  const order: readonly MoveOutcome[] = ["failed", "different", "moved"];
  return order.find((outcome) => outcomes.includes(outcome)) ?? "present";
}
