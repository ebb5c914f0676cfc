import type { JsonValue, StoredThread, ThreadMetadata, ThreadStore } from "@threadstore/core";
import { findUnknownOption, type OptionNames } from "@threadstore/core/documents";

/** The kind of a request. `update` renames and archives. */
export type Operation = "append" | "delete" | "fork" | "list" | "load" | "update";

/** A request, for the hook that authorizes it. */
export interface Access {
  readonly request: Request;
  readonly operation: Operation;
  /** The id of the thread; `undefined` for a list. */
  readonly id: string | undefined;
  /**
   * The id of the copy, for the second call of a fork. During the first call, the body has not been read yet. During
   * the second one, `request.body` has been consumed.
   */
  readonly target?: string | undefined;
}

/** An authorized request to append. */
export interface AppendRequest {
  readonly request: Request;
  readonly id: string;
  /** The elements of the request. They are JSON, and nothing else about them has been checked. */
  readonly elements: readonly JsonValue[];
}

/** The elements to append, and the thread to append them to. */
export interface AppendedElements {
  readonly elements: readonly unknown[];
  /** The thread to create if it does not exist. Without it, the response is 404. */
  readonly create?: object | string | undefined;
  /**
   * Metadata to set, such as `{ title }`. Other stored metadata stays as it is, and so does a title, which the user may
   * have changed.
   */
  readonly metadata?: ThreadMetadata | undefined;
}

/** An authorized request to fork. */
export interface ForkRequest {
  readonly request: Request;
  /** The id of the thread to copy. */
  readonly id: string;
  /** The id of the copy. */
  readonly target: string;
  readonly stored: StoredThread;
}

/** Options of {@link threadHandler}. */
export interface ThreadHandlerOptions {
  /**
   * Decides about each request before the store is used. Returns the store whose threads the request may use, usually
   * the namespace of the signed-in user. To reject the request, returns a response, such as one with status 401 or 403.
   * A fork calls it twice: see {@link Access.target}.
   */
  readonly authorize: (access: Access) => Promise<Response | ThreadStore> | Response | ThreadStore;
  /**
   * Checks the elements of a request, because a page could forge answers of the model. Returns the elements to append,
   * or a response to reject them. Without this option, clients cannot append. Threads of agents are never appended to.
   */
  readonly append?:
    | ((request: AppendRequest) => AppendedElements | Promise<AppendedElements | Response> | Response)
    | undefined;
  /**
   * Returns the document of a copy, or a response to reject the fork. Without this option, a copy has the same bytes,
   * and threads of agents cannot be forked: a copy of an open turn would run its tools twice.
   */
  readonly fork?:
    | ((request: ForkRequest) => object | string | Promise<object | Response | string> | Response)
    | undefined;
  /**
   * The path of the list. A thread has the path `basePath/id`.
   * @default "/threads"
   */
  readonly basePath?: string | undefined;
  /**
   * The maximum size of a request's body in bytes.
   * @default 1048576
   */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Receives the errors that lead to a response with status 500 or above, for your log. It is not awaited, and its own
   * failures are ignored.
   */
  readonly onError?: ((error: unknown, request: Request) => Promise<void> | void) | undefined;
}

/** Answers a request. Never rejects. */
export type ThreadHandler = (request: Request) => Promise<Response>;

/** The options with their defaults. */
export interface HandlerSettings extends Pick<
  ThreadHandlerOptions,
  "append" | "authorize" | "fork" | "onError"
> {
  /** As it appears in URLs. */
  readonly basePath: string;
  readonly maxBodyBytes: number;
}

const OPTION_NAMES: OptionNames<ThreadHandlerOptions> = {
  authorize: true,
  append: true,
  fork: true,
  basePath: true,
  maxBodyBytes: true,
  onError: true,
};

/** Throws a `TypeError` for invalid options. */
export function readOptions(options: ThreadHandlerOptions): HandlerSettings {
  const unknown = findUnknownOption(options, OPTION_NAMES);
  if (unknown !== undefined) throw new TypeError(unknown.message);
  const { authorize, append, fork, basePath = "/threads", maxBodyBytes = 1_048_576, onError } = options;
  check(typeof authorize === "function", "`authorize` must be a function.");
  check(append === undefined || typeof append === "function", "`append` must be a function.");
  check(fork === undefined || typeof fork === "function", "`fork` must be a function.");
  check(onError === undefined || typeof onError === "function", "`onError` must be a function.");
  check(/^(?:\/[^/?#]+)+$/u.test(basePath), "`basePath` must be a path such as /api/threads.");
  check(Number.isInteger(maxBodyBytes) && maxBodyBytes > 0, "`maxBodyBytes` must be a positive integer.");
  return { authorize, append, fork, basePath: encodedPath(basePath), maxBodyBytes, onError };
}

function check(isValid: boolean, message: string): void {
  if (!isValid) throw new TypeError(message);
}

/** Returns a path as it appears in URLs, with upper-case escapes. */
export function encodedPath(path: string): string {
  const { pathname } = new URL(`http://localhost${path}`);
  return pathname.replaceAll(/%[0-9a-f]{2}/giu, (escape) => escape.toUpperCase());
}
