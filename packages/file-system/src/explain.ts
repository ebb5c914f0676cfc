import type { FailureExplanation } from "@threadstore/core";
import { isSystemError, type SystemError } from "./system-error.ts";

type Meaning = Pick<FailureExplanation, "code" | "message">;

const refused: Meaning = {
  code: "ACCESS_DENIED",
  message: "The process may not read or write in the store's folder: give its user the permission.",
};
const full: Meaning = {
  code: "STORAGE_FULL",
  message: "The disk or the user's quota is full: make room and try again.",
};
const tooManyFiles: Meaning = {
  code: "UNAVAILABLE",
  message: "Too many files are open: raise the limit (ulimit -n) or make fewer calls at once.",
};
const wrongFolder: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The store's folder, or something in it, is a file or link where a folder should be, or the other way round, " +
    "or its path is too long: correct the folder option, and put nothing into that folder.",
};
const unfitFileSystem: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The file system cannot rename a folder or sync a file there: use a folder on one local file system, or on " +
    "a volume instead of a container's image.",
};
const busy: Meaning = {
  code: "UNAVAILABLE",
  message: "Something has a file or folder of this thread open: try again when it has closed it.",
};

const meanings: { readonly [code: string]: Meaning | undefined } = {
  EACCES: refused,
  EPERM: refused,
  EROFS: refused,
  ENOSPC: full,
  EDQUOT: full,
  EMLINK: {
    code: "STORAGE_FULL",
    message: "The file system takes no more threads in one folder: use namespaces, or another file system.",
  },
  EFBIG: {
    code: "TOO_LARGE",
    message: "The record is larger than a file may be there: raise the limit (ulimit -f) or save less.",
  },
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  ENOTDIR: wrongFolder,
  EISDIR: wrongFolder,
  ELOOP: wrongFolder,
  ENAMETOOLONG: wrongFolder,
  ENOTEMPTY: {
    code: "MISCONFIGURED",
    message: "The thread's folder holds something that the store did not put there: remove it.",
  },
  EXDEV: unfitFileSystem,
  EINVAL: unfitFileSystem,
  ENOTSUP: unfitFileSystem,
  EOPNOTSUPP: unfitFileSystem,
  EBUSY: busy,
  ENOENT: {
    code: "UNAVAILABLE",
    message:
      "What this call had prepared was removed before it was in place, as happens when a process is stopped for " +
      "an hour, or when somebody removes the store's folder: try again.",
  },
};
const otherwise: Meaning = {
  code: "BACKEND_ERROR",
  message: "The file system failed: the cause's code says how.",
};

// Kept aside, so that the errors themselves stay as Node made them.
const undurable = new WeakSet<Error>();

/** Syncs the step that decided a save or delete: if this fails, the step took place and may not last. */
export async function lastingDecision(sync: () => Promise<void>): Promise<void> {
  try {
    await sync();
  } catch (error) {
    if (error instanceof Error) undurable.add(error);
    throw error;
  }
}

/** Clears up after a save or delete that is done and stays so: what cannot be removed now goes with a later sweep. */
export async function afterDecision(clearUp: () => Promise<void>): Promise<void> {
  try {
    await clearUp();
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

export function explain(error: unknown, platform: string = process.platform): FailureExplanation | undefined {
  if (!isSystemError(error)) return undefined;
  const meaning = renamingOpenFolder(error, platform) ? busy : (meanings[error.code] ?? otherwise);
  if (undurable.has(error)) return { ...meaning, applied: "undurable" };
  return { ...meaning, applied: error.code === "EIO" ? "unknown" : "no" };
}

/** Windows refuses to rename a folder while any process has a file in it open. */
function renamingOpenFolder(error: SystemError, platform: string): boolean {
  return platform === "win32" && error.syscall === "rename" && ["EPERM", "EACCES"].includes(error.code);
}
