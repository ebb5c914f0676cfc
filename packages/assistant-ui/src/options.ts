import type { ThreadMessage } from "@assistant-ui/react";
import { findUnknownOption, type OptionNames } from "@threadstore/core/documents";
import { invalidArgument, ThreadApiError } from "./thread-api-error.ts";
import { defaultTitle } from "./title.ts";

/** Options of {@link threadListAdapter}. */
export interface ThreadListAdapterOptions {
  /** The address of the thread list, such as `/threads`: `threadHandler` of `@threadstore/http` must answer there. */
  readonly url: string;
  /**
   * Which side stores the messages.
   *
   * - `server`: the server runs the agent and stores its messages with `uiMessageStore` of `@threadstore/ai-sdk`. The
   *   page only loads them, and cannot forge any.
   * - `page`: the page appends each message, with its branches, through the option `append` of `threadHandler`.
   */
  readonly writer: "page" | "server";
  /**
   * Returns the title of a conversation that does not have one; an empty string for none. Without it, the title is the
   * beginning of the first question.
   */
  readonly title?: ((messages: readonly ThreadMessage[]) => Promise<string> | string) | undefined;
  /** Returns headers of each request, such as `authorization`. */
  readonly headers?: (() => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /**
   * Sends the requests, for example with cookies to another origin.
   * @default the global `fetch`
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Receives each error, so that the page can show its message. assistant-ui only logs most of them.
   */
  readonly onError?: ((error: ThreadApiError) => void) | undefined;
  /**
   * The number of threads that the list loads at once, 1 to 100.
   * @default 20
   */
  readonly pageSize?: number | undefined;
  /**
   * How long a request may take, in milliseconds. Failed requests are sent up to two more times.
   * @default 30000
   */
  readonly timeoutMs?: number | undefined;
}

/** The options with their defaults. */
export type Settings = {
  readonly [Name in keyof ThreadListAdapterOptions]-?: NonNullable<ThreadListAdapterOptions[Name]>;
};

const OPTION_NAMES: OptionNames<ThreadListAdapterOptions> = {
  url: true,
  writer: true,
  title: true,
  headers: true,
  fetch: true,
  onError: true,
  pageSize: true,
  timeoutMs: true,
};

/** Throws `INVALID_ARGUMENT`. */
export function readOptions(options: ThreadListAdapterOptions): Settings {
  const unknown = findUnknownOption(options, OPTION_NAMES);
  if (unknown !== undefined) {
    throw new ThreadApiError("INVALID_ARGUMENT", unknown.message, { path: unknown.path });
  }
  const {
    url,
    writer,
    title = defaultTitle,
    headers = () => ({}),
    fetch = (...request) => globalThis.fetch(...request),
    onError = () => undefined,
    pageSize = 20,
    timeoutMs = 30_000,
  } = options;
  check(typeof url === "string" && /^[^?#]*[^?#/][^?#]*$/u.test(url), "url", "an address without a query");
  check(writer === "page" || writer === "server", "writer", "page or server");
  check(typeof title === "function", "title", "a function");
  check(typeof headers === "function", "headers", "a function");
  check(typeof fetch === "function", "fetch", "a function");
  check(typeof onError === "function", "onError", "a function");
  check(
    Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 100,
    "pageSize",
    "an integer from 1 to 100",
  );
  check(
    Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= 2 ** 31 - 1,
    "timeoutMs",
    "a positive integer",
  );
  return { url: url.replace(/\/+$/u, ""), writer, title, headers, fetch, onError, pageSize, timeoutMs };
}

function check(isValid: boolean, path: string, requirement: string): void {
  if (!isValid) throw invalidArgument(path, requirement);
}
