import { ThreadStoreError } from "../errors.ts";
import type { JsonIssue } from "./strict-json.ts";

/**
 * Creates the error for a value that is not strict JSON. The names of its members may be content, such as an e-mail
 * address, so they are only in `path`, which is not logged with the error.
 */
export function notStrictJson(subject: string, { path, shape, reason, remedy }: JsonIssue): ThreadStoreError {
  return new ThreadStoreError(
    "INVALID_ARGUMENT",
    `${subject} cannot be stored as JSON: ${shape} is ${reason}. ${remedy} The property \`path\` of this error says where.`,
    { path },
  );
}
