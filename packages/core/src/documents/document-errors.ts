import type { ThreadStore } from "../thread-store.ts";
import { findUnknownOption, type OptionMark } from "../validation/option-names.ts";
import type { EnvelopeProblem, EnvelopeProblemReason } from "./envelope.ts";
import { mismatchMessage } from "./json-path.ts";

/** The codes that every package has that keeps documents in a store. */
export type DocumentErrorCode = "INVALID_ARGUMENT" | "THREAD_INVALID" | "THREAD_MISMATCH" | "THREAD_TOO_NEW";

/** The sentences that tell operators what to do, each with a full stop. */
export interface DocumentRemedies {
  /** For a stored thread that is invalid. */
  readonly invalid: string;
  /** For a thread that something else has stored. */
  readonly mismatch: string;
}

/** Functions that create the errors of arguments and documents. */
export interface DocumentErrors<DocumentError> {
  /**
   * Creates the error for an argument that violates a requirement, such as `a string`. Omit a value of a valid kind.
   */
  readonly invalidArgument: (path: string, requirement: string, ...value: [value?: unknown]) => DocumentError;
  /** Creates the error for a stored thread that violates a requirement. Omit a value of a valid kind. */
  readonly invalidThread: (path: string, requirement: string, ...value: [value?: unknown]) => DocumentError;
  /** Creates the error for a thread that is not the expected document. */
  readonly mismatch: (path: string, message: string) => DocumentError;
  /** Creates the error for a thread whose envelope this release cannot read. */
  readonly envelopeError: (problem: EnvelopeProblem) => DocumentError;
  /** Returns a name. Throws `INVALID_ARGUMENT` unless it is a non-empty string that UTF-8 can represent. */
  readonly checkedName: (name: unknown, path: string) => string;
  /**
   * Returns the option `store`. Throws `INVALID_ARGUMENT` unless it is a store, and for an option that is not in `names`:
   * a misspelled option would be ignored.
   */
  readonly checkedStore: (options: unknown, names?: Readonly<Record<string, OptionMark>>) => ThreadStore;
}

const CODES: { readonly [Reason in EnvelopeProblemReason]: DocumentErrorCode } = {
  "invalid-kind": "THREAD_MISMATCH",
  "invalid-version": "THREAD_INVALID",
  "not-a-thread": "THREAD_MISMATCH",
  "other-kind": "THREAD_MISMATCH",
  "too-new": "THREAD_TOO_NEW",
};

/** Returns the functions that create a package's errors of arguments and documents. */
export function documentErrors<DocumentError extends Error>(
  ErrorType: new (
    code: DocumentErrorCode,
    message: string,
    details: { readonly path: string },
  ) => DocumentError,
  remedies: DocumentRemedies,
): DocumentErrors<DocumentError> {
  const mismatch = (path: string, message: string): DocumentError =>
    new ErrorType("THREAD_MISMATCH", `${message} ${remedies.mismatch}`, { path });
  const invalidArgument = (path: string, requirement: string, ...value: [value?: unknown]): DocumentError =>
    new ErrorType("INVALID_ARGUMENT", mismatchMessage(path, requirement, ...value), { path });
  return {
    mismatch,
    invalidArgument,
    checkedName: (name, path) => {
      if (typeof name !== "string" || name === "") throw invalidArgument(path, "a non-empty string", name);
      if (!name.isWellFormed()) throw invalidArgument(path, "well-formed Unicode, without lone surrogates");
      return name;
    },
    invalidThread: (path, requirement, ...value) => {
      const message = `${mismatchMessage(path, requirement, ...value)} ${remedies.invalid}`;
      return new ErrorType("THREAD_INVALID", message, { path });
    },
    envelopeError: ({ reason, path, message }) => {
      const code = CODES[reason];
      return code === "THREAD_MISMATCH" ? mismatch(path, message) : new ErrorType(code, message, { path });
    },
    checkedStore: (options, names) => {
      const members = (options ?? {}) as { readonly store?: unknown };
      const { store } = members;
      if (typeof store !== "object" || store === null || !("append" in store)) {
        const message = `${mismatchMessage("store", "a ThreadStore")} Create one with a function such as sqliteStore.`;
        throw new ErrorType("INVALID_ARGUMENT", message, { path: "store" });
      }
      const unknown = names && findUnknownOption(members, names);
      if (unknown === undefined) return store as ThreadStore;
      throw new ErrorType("INVALID_ARGUMENT", unknown.message, { path: unknown.path });
    },
  };
}
