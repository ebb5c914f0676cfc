import { isError } from "./is-error.ts";

/** An error that Node.js throws for a failed system call. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
}

/** Returns whether a value is an error that Node.js throws for a failed system call, of any realm. */
export function isSystemError(value: unknown): value is SystemError {
  if (!isError(value)) return false;
  const { code, syscall } = value as Partial<SystemError>;
  return typeof code === "string" && typeof syscall === "string";
}

/** Returns whether a value is an error of a failed system call with one of the codes, such as `ENOENT`. */
export function hasSystemErrorCode(value: unknown, ...codes: readonly string[]): value is SystemError {
  return isSystemError(value) && codes.includes(value.code);
}
