import { existsSync } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { isFileFailure } from "../formats/files/find-files.ts";
import type { StateFile } from "../state/state-file.ts";
import { UsageError } from "../usage-error.ts";
import type { WalkPosition } from "../walk/walk.ts";
import { endLine } from "./export-line.ts";

/** The state of an export, as JSON. */
export interface ExportState {
  /** The page to continue with; `null` for the first one. */
  readonly position: WalkPosition | null;
  readonly threads: number;
  readonly corrupt: readonly string[];
  /** The length of the file before that page. */
  readonly bytes: number;
  /** Whether the file has its last line. */
  readonly isComplete: boolean;
}

export const NEW_EXPORT: ExportState = {
  position: null,
  threads: 0,
  corrupt: [],
  bytes: 0,
  isComplete: false,
};

/** The name of a file that is not complete. */
function partOf(path: string): string {
  return `${path}.part`;
}

/** Returns the state from which an export to a file continues. */
export async function resumableState(path: string, state: ExportState | undefined): Promise<ExportState> {
  if (state === undefined) return NEW_EXPORT;
  const part = partOf(path);
  const size = existsSync(part) ? (await stat(part)).size : -1;
  if (!state.isComplete) return size >= state.bytes ? state : NEW_EXPORT;
  // It was killed before or after the file got its name.
  if (size === state.bytes) await rename(part, path);
  return existsSync(path) ? state : NEW_EXPORT;
}

/** A file to which pages of lines are appended. */
export interface ExportFile {
  readonly append: (lines: string, state: Omit<ExportState, "bytes">) => Promise<void>;
  /** Adds the last page and the line of the end, and gives the file its name. */
  readonly finish: (lines: string, state: Omit<ExportState, "bytes">) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens the file after the pages of `state`; what a run that was killed wrote after them is removed. */
export async function openExport(
  path: string,
  file: StateFile<ExportState>,
  { bytes: start }: ExportState,
): Promise<ExportFile> {
  const handle: FileHandle = await open(partOf(path), start === 0 ? "w" : "a", 0o600);
  await handle.truncate(start);
  let bytes = start;
  const append = async (lines: string, state: Omit<ExportState, "bytes">): Promise<void> => {
    try {
      // Unlike `write`, it writes the rest of what a disk that is almost full has taken in part, or fails.
      await handle.appendFile(lines);
      await handle.datasync();
    } catch (error) {
      throw isFileFailure(error) ? notWritten(error) : error;
    }
    bytes += Buffer.byteLength(lines);
    await file.write({ ...state, bytes });
  };
  return {
    append,
    async finish(lines, state) {
      await append(lines + endLine({ threads: state.threads }), { ...state, isComplete: true });
      await rename(partOf(path), path);
    },
    close: () => handle.close(),
  };
}

function notWritten(error: Error & { readonly code: string }): UsageError {
  return new UsageError(
    `The file of the export cannot be written (${error.code}). Correct this, and run the same command again to continue.`,
    { cause: error },
  );
}
