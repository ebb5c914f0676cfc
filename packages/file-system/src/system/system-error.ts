import { hasSystemErrorCode, type MaybePromise } from "@threadstore/core/driver";
import { catching } from "./steps.ts";

/** The codes for a file or folder that belongs to another user, or that is open on Windows. */
export const NOT_REMOVABLE: readonly string[] = ["EACCES", "EPERM", "EBUSY"];

/** Whether a folder, a link, a pipe or a socket is in the place of a file, or a file in the place of a folder. */
export function isNotAFile(error: unknown): boolean {
  return hasSystemErrorCode(error, "EISDIR", "ELOOP", "ENXIO", "EAGAIN", "ESPIPE", "ENOTDIR", "EMLINK");
}

/** Returns the result of `work`; `undefined` if it throws or rejects with one of the codes. */
export function unlessCode<Result>(
  work: () => MaybePromise<Result>,
  ...codes: string[]
): MaybePromise<Result | undefined> {
  return catching<Result | undefined>(work, (error) => {
    if (hasSystemErrorCode(error, ...codes)) return undefined;
    throw error;
  });
}
