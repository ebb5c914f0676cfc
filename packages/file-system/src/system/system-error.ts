import { isError } from "@threadstore/core/driver";

/** An error that Node.js throws for a failed system call. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
}

/** The codes for a file or folder that belongs to another user, or that is open on Windows. */
export const NOT_REMOVABLE: readonly string[] = ["EACCES", "EPERM", "EBUSY"];

export function isSystemError(error: unknown): error is SystemError {
  return (
    isError(error) &&
    "code" in error &&
    typeof error.code === "string" &&
    "syscall" in error &&
    typeof error.syscall === "string"
  );
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return isSystemError(error) && codes.includes(error.code);
}

/** Whether a folder, a link, a pipe or a socket is in the place of a file, or a file in the place of a folder. */
export function isNotAFile(error: unknown): boolean {
  return hasCode(error, "EISDIR", "ELOOP", "ENXIO", "EAGAIN", "ESPIPE", "ENOTDIR", "EMLINK");
}

/** Resolves to the result of `work`; to `undefined` if it rejects with one of the codes. */
export async function unlessCode<Result>(
  work: Promise<Result>,
  ...codes: string[]
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}
