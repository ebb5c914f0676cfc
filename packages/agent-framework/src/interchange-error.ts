/**
 * Why a thread could not be read or written. The set is closed and a code's meaning never changes within a
 * major version; the README says of each what to do.
 */
export type InterchangeErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_REPRESENTABLE"
  | "SHAPE_UNKNOWN"
  | "THREAD_INVALID"
  | "THREAD_TOO_NEW";

/** The codes, for whoever wants to go through all of them. */
export const interchangeErrorCodes: readonly InterchangeErrorCode[] = [
  "INVALID_ARGUMENT",
  "NOT_REPRESENTABLE",
  "SHAPE_UNKNOWN",
  "THREAD_INVALID",
  "THREAD_TOO_NEW",
];

/** What an {@link InterchangeError} knows besides its code and message. */
export interface InterchangeErrorDetails {
  /** Where in the thread or the argument the fault is, such as `$.storeState.messages[3].role`. */
  readonly path?: string | undefined;
}

// A registered symbol, so that errors of two installed copies of this package know each other.
const brand = Symbol.for("threadstore.interchange-error");

/**
 * The only error class of this package. Branch on {@link code}; messages are for people and may change, and
 * never hold the content of a thread. None can be helped by trying again.
 */
export class InterchangeError extends Error implements InterchangeErrorDetails {
  override readonly name = "InterchangeError";
  readonly code: InterchangeErrorCode;
  readonly path: string | undefined;

  constructor(code: InterchangeErrorCode, message: string, details: InterchangeErrorDetails = {}) {
    super(message);
    this.code = code;
    this.path = details.path;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is one of ours, of whichever installed copy, and, with `code`, of that code. */
  static is(error: unknown, code?: InterchangeErrorCode): error is InterchangeError {
    if (typeof error !== "object" || error === null || !(brand in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** The error as data, for a log. */
  toJSON(): object {
    const { name, code, message, path } = this;
    return { name, code, message, path };
  }
}

/** The error for a part of a thread that is not what it should be: says where and what kind was found. */
export function invalid(path: string, expectation: string, found: string): InterchangeError {
  return new InterchangeError("THREAD_INVALID", `${path}: expected ${expectation}, found ${found}.`, {
    path,
  });
}

/** A name from outside, quoted for a message and cut to a length that a person reads. */
export function quoteName(name: string): string {
  return JSON.stringify((name.length > 80 ? `${name.slice(0, 80)}…` : name).toWellFormed());
}

/** Checks an option that names something, which callers without types may get wrong. Throws `INVALID_ARGUMENT`. */
export function checkName(value: unknown, path: string): void {
  if (value === undefined || (typeof value === "string" && value !== "" && value.isWellFormed())) return;
  throw new InterchangeError("INVALID_ARGUMENT", `${path}: expected a text that is not empty.`, { path });
}
