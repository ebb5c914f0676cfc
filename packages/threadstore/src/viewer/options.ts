import type { ThreadStore } from "@threadstore/core";
import { findUnknownOption, type OptionNames } from "@threadstore/core/documents";
import { encodedPath } from "@threadstore/http/provider";

/** The operations that read. `page` is the viewer itself, which contains no data. */
type ReadOperation =
  | "check"
  | "conversation"
  | "diff"
  | "list"
  | "load"
  | "namespaces"
  | "page"
  | "session"
  | "versions";

/** The operations that change threads. `update` renames and archives, and `erase` deletes a namespace. */
export type ChangeOperation = "delete" | "erase" | "fork" | "repair" | "update";

/** The kind of a request. */
export type ViewerOperation = ChangeOperation | ReadOperation;

/** A request, for the hook that authorizes it. */
export interface ViewerAccess {
  readonly request: Request;
  readonly operation: ViewerOperation;
  /** The levels of the namespace within the store that `authorize` returns; empty for the store itself. */
  readonly namespace: readonly string[];
  /** The id of the thread; `undefined` if the request is not about one. */
  readonly id: string | undefined;
  /** The id of the copy, for the second call of a fork, which has consumed the body of the request. */
  readonly target?: string | undefined;
}

/** Options of {@link viewerHandler}. */
export interface ViewerHandlerOptions {
  /**
   * Decides about each request before the store is used. Returns the store that the request may access, including all
   * namespaces in it. To reject the request, returns a response, such as one with status 403, or a redirect to the
   * login.
   */
  readonly authorize: (access: ViewerAccess) => Promise<Response | ThreadStore> | Response | ThreadStore;
  /**
   * The path of the page.
   * @default "/"
   */
  readonly basePath?: string | undefined;
  /**
   * Whether requests may rename, archive, repair, fork, delete and erase. Otherwise, they are rejected with `READ_ONLY`.
   * @default false
   */
  readonly write?: boolean | undefined;
  /**
   * The provider whose limits apply to findings and repairs of agents' threads, as in `threadstore check --provider`:
   * a `Provider` of @threadstore/agent.
   * @default "openai"
   */
  readonly provider?: string | undefined;
  /**
   * The name of the store for the page, without secrets.
   * @default "threads"
   */
  readonly label?: string | undefined;
  /**
   * Receives the errors that lead to a response with status 500 or above, for your log. It is not awaited, and its own
   * failures are ignored.
   */
  readonly onError?: ((error: unknown, request: Request) => Promise<void> | void) | undefined;
}

/** Answers a request. Never rejects. */
export type ViewerHandler = (request: Request) => Promise<Response>;

/** The folders of a viewer, which tests replace. */
export interface ViewerFolders {
  /** The folder in which the packages that know the forms of conversations are found. */
  readonly packages: string;
  /** The folder with the files of the page. */
  readonly page: string;
}

/** The options with their defaults. */
export interface ViewerSettings extends Pick<ViewerHandlerOptions, "authorize" | "onError" | "provider"> {
  /** As it appears in URLs, without a slash at the end; empty for the root. */
  readonly basePath: string;
  readonly write: boolean;
  readonly label: string;
  readonly folders: ViewerFolders;
}

const OPTION_NAMES: OptionNames<ViewerHandlerOptions> = {
  authorize: true,
  basePath: true,
  write: true,
  provider: true,
  label: true,
  onError: true,
};

/** Throws a `TypeError` for invalid options. */
export function readViewerOptions(options: ViewerHandlerOptions, folders: ViewerFolders): ViewerSettings {
  const unknown = findUnknownOption(options, OPTION_NAMES);
  if (unknown !== undefined) throw new TypeError(unknown.message);
  const { authorize, basePath = "/", write = false, provider, label = "threads", onError } = options;
  check(typeof authorize === "function", "`authorize` must be a function.");
  check(onError === undefined || typeof onError === "function", "`onError` must be a function.");
  check(/^(?:\/|(?:\/[^/?#]+)+\/?)$/u.test(basePath), "`basePath` must be a path such as /admin/threads.");
  check(typeof write === "boolean", "`write` must be a boolean.");
  check(provider === undefined || typeof provider === "string", "`provider` must be a string.");
  check(typeof label === "string", "`label` must be a string.");
  return {
    authorize,
    onError,
    basePath: encodedPath(basePath).replace(/\/$/u, ""),
    write,
    provider,
    label,
    folders,
  };
}

function check(isValid: boolean, message: string): void {
  if (!isValid) throw new TypeError(message);
}
