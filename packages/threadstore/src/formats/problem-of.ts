import { ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/documents";
import { UsageError } from "../usage-error.ts";
import { isFileFailure } from "./files/find-files.ts";
import { RecordError } from "./record-error.ts";
import type { Problem } from "./transfer-format.ts";

/** Codes of stores that concern one thread. */
const THREAD_CODES: readonly string[] = ["CORRUPT", "INVALID_ARGUMENT", "TOO_LARGE", "CONFLICT"];
/** Error codes that only concern one file. After other codes, the next conversations would fail, too. */
const FILE_CODES = /^(?:EACCES|EISDIR|ELOOP|ENAMETOOLONG|ENOENT|ENOTDIR|EPERM)$/u;

/** Codes of PostgreSQL for values that it cannot store, such as a zero byte in a text. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/u;

/** Returns the problem with a conversation that an error describes. Throws errors that concern all of them. */
export function problemOf(error: unknown): Pick<Problem, "path" | "message"> {
  if (!isError(error)) throw error;
  if (error instanceof RecordError) return { message: error.message };
  if (isFileFailure(error)) {
    if (FILE_CODES.test(error.code)) return { message: `The file cannot be used (${error.code}).` };
    throw new UsageError(`A file cannot be used: ${error.message}.`, { cause: error });
  }
  if (ThreadStoreError.is(error)) {
    if (!THREAD_CODES.includes(error.code)) throw error;
    return { path: error.path, message: `${error.code}: ${error.message}` };
  }
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  if (typeof code === "string" && DATA_EXCEPTION.test(code)) {
    return { message: `The database cannot store its values (${code}).` };
  }
  // Bridges have errors with a code for what they cannot read.
  if (typeof code !== "string" || !/^[A-Z]+(?:_[A-Z]+)*$/u.test(code)) throw error;
  return { path: typeof path === "string" ? path : undefined, message: `${code}: ${error.message}` };
}
