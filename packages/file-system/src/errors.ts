import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  isSystemError,
  locatedError,
  type MaybePromise,
  type SystemError,
} from "@threadstore/core/driver";
import { catching } from "./system/steps.ts";

interface Failure {
  readonly code: BackendErrorCode;
  readonly message: string;
}

const NO_PERMISSION: Failure = {
  code: "ACCESS_DENIED",
  message:
    "The process does not have permission to read or write the store's folder. Grant it to the process's user.",
};
const DISK_FULL: Failure = {
  code: "STORAGE_FULL",
  message: "The disk or the user's quota is full. Free some space and try again.",
};
const TOO_MANY_OPEN_FILES: Failure = {
  code: "UNAVAILABLE",
  message: "Too many files are open. Raise the limit (`ulimit -n`) or make fewer calls at the same time.",
};
const WRONG_FOLDER: Failure = {
  code: "MISCONFIGURED",
  message:
    "The store's folder has a file or link where a folder is expected, or a folder instead of a file, or its path " +
    "is too long. Correct `folder`, and keep other files out of that folder.",
};
const UNSUPPORTED_FILE_SYSTEM: Failure = {
  code: "MISCONFIGURED",
  message:
    "The file system cannot rename this folder or sync this file. Use a folder on a single local file system, or a " +
    "volume instead of the container's image.",
};
const IN_USE: Failure = {
  code: "UNAVAILABLE",
  message: "Another program has a file or folder of this thread open. Close it there and try again.",
};

const FAILURE_BY_CODE: ReadonlyMap<string, Failure> = new Map([
  ["EACCES", NO_PERMISSION],
  ["EPERM", NO_PERMISSION],
  ["EROFS", NO_PERMISSION],
  ["ENOSPC", DISK_FULL],
  ["EDQUOT", DISK_FULL],
  [
    "EMLINK",
    {
      code: "STORAGE_FULL",
      message:
        "The file system allows no more threads in one folder. Use namespaces, or another file system.",
    },
  ],
  [
    "EFBIG",
    {
      code: "TOO_LARGE",
      message:
        "The record exceeds the limit on file sizes. Raise the limit (`ulimit -f`) or save a smaller thread.",
    },
  ],
  ["EMFILE", TOO_MANY_OPEN_FILES],
  ["ENFILE", TOO_MANY_OPEN_FILES],
  ["ENOTDIR", WRONG_FOLDER],
  ["EISDIR", WRONG_FOLDER],
  ["ELOOP", WRONG_FOLDER],
  ["ENAMETOOLONG", WRONG_FOLDER],
  [
    "ENOTEMPTY",
    {
      code: "MISCONFIGURED",
      message: "The thread's folder holds a file that the store did not create. Remove the file.",
    },
  ],
  ["EXDEV", UNSUPPORTED_FILE_SYSTEM],
  ["EINVAL", UNSUPPORTED_FILE_SYSTEM],
  ["ENOTSUP", UNSUPPORTED_FILE_SYSTEM],
  ["EOPNOTSUPP", UNSUPPORTED_FILE_SYSTEM],
  ["EBUSY", IN_USE],
  [
    "ENOENT",
    {
      code: "UNAVAILABLE",
      message:
        "The staged files of this call were removed before it could commit: the process was stopped for an hour, or " +
        "the store's folder was deleted. Try again.",
    },
  ],
]);

const UNRECOGNIZED: Failure = {
  code: "BACKEND_ERROR",
  message: "The file system reported an unexpected error. See the code of the cause.",
};

/** Runs one driver call and throws the system errors of Node.js as a `DriverError` that names the store's folder. */
export function withDriverErrors<Result>(
  folder: string,
  call: () => MaybePromise<Result>,
): MaybePromise<Result> {
  return catching(call, (error) => {
    // The path in the cause contains the id of the thread.
    throw locatedError(`The store's folder is ${folder}.`, driverErrorOf(error) ?? error);
  });
}

export interface DriverErrorContext {
  /** @default "none", or "unknown" for `EIO`, which an operation that took place may report. */
  readonly effect?: DriverErrorEffect;
  /** @default process.platform */
  readonly platform?: string;
}

/** Returns the `DriverError` for a system error; `undefined` for any other error, including a `DriverError`. */
export function driverErrorOf(
  error: unknown,
  { effect, platform = process.platform }: DriverErrorContext = {},
): DriverError | undefined {
  if (!isSystemError(error)) return undefined;
  const failure = isOpenOnWindows(error, platform)
    ? IN_USE
    : (FAILURE_BY_CODE.get(error.code) ?? UNRECOGNIZED);
  return new DriverError(failure.code, failure.message, {
    effect: effect ?? (error.code === "EIO" ? "unknown" : "none"),
    cause: error,
  });
}

/** Windows refuses to rename a folder while any process has a file in it open. */
function isOpenOnWindows(error: SystemError, platform: string): boolean {
  return platform === "win32" && error.syscall === "rename" && ["EPERM", "EACCES"].includes(error.code);
}

/** The failure of an append to a record that must be read whole, but cannot be. */
export function corruptRecord(): DriverError {
  return new DriverError(
    "CORRUPT",
    "A part of the stored record is missing or corrupt, and the record was left as it is. Restore it, delete the thread, or save with `overwrite: true`.",
  );
}
