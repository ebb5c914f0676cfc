import { hasSystemErrorCode } from "@threadstore/core/driver";

/** The codes for a file or folder that belongs to another user, or that is open on Windows. */
export const NOT_REMOVABLE: readonly string[] = ["EACCES", "EPERM", "EBUSY"];

/** Whether a folder, a link, a pipe or a socket is in the place of a file, or a file in the place of a folder. */
export function isNotAFile(error: unknown): boolean {
  return hasSystemErrorCode(error, "EISDIR", "ELOOP", "ENXIO", "EAGAIN", "ESPIPE", "ENOTDIR", "EMLINK");
}

/** Resolves to the result of `work`; to `undefined` if it rejects with one of the codes. */
export async function unlessCode<Result>(
  work: Promise<Result>,
  ...codes: string[]
): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasSystemErrorCode(error, ...codes)) return undefined;
    throw error;
  }
}
