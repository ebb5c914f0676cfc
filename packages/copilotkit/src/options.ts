import type { ThreadStore } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import {
  type ResumableStreams,
  resumableStreams,
  type ResumableStreamsOptions,
  StreamError,
} from "@threadstore/http/streams";
import type { AgUiMessage } from "./ag-ui.ts";
import { checkedStore, invalidArgument, RunnerError } from "./runner-error.ts";

/** Options of {@link threadStoreRunner}. */
export interface RunnerOptions {
  /** The store, usually the namespace of a user, which contains the threads that the user may read. */
  readonly store: ThreadStore;
  /** Returns the title of a new thread. By default, the beginning of the first question. */
  readonly title?: ((messages: readonly AgUiMessage[]) => string) | undefined;
  /**
   * How long a run waits for another run of the same thread, in milliseconds.
   * @default 20000
   */
  readonly waitMs?: number | undefined;
  /**
   * How long readers wait for a sign of the process that runs the agent, in milliseconds. It writes at least every
   * third of that.
   * @default 15000
   */
  readonly leaseMs?: number | undefined;
  /**
   * The minimum time between two writes of a run, in milliseconds. If the process is killed, the events of this time are
   * lost.
   * @default 200
   */
  readonly flushMs?: number | undefined;
  /**
   * How often readers in other processes look for new events, in milliseconds.
   * @default 200
   */
  readonly pollMs?: number | undefined;
  /**
   * How long the individual events of a run are stored after the last one, in milliseconds. They are needed until the
   * run has ended, so a run must not last longer.
   * @default 86400000
   */
  readonly ttlMs?: number | undefined;
  /** Receives errors for your log. The page only sees them as events. */
  readonly onError?: ((error: unknown, threadId: string) => void) | undefined;
}

/** The options with their defaults. */
export interface RunnerSettings {
  readonly store: ThreadStore;
  /** The events of the runs that have not ended. */
  readonly streams: ResumableStreams;
  readonly title: (messages: readonly AgUiMessage[]) => string;
  readonly waitMs: number;
  readonly onError: (error: unknown, threadId: string) => void;
}

const OPTION_NAMES: OptionNames<RunnerOptions> = {
  store: "required",
  title: true,
  waitMs: true,
  leaseMs: true,
  flushMs: true,
  pollMs: true,
  ttlMs: true,
  onError: true,
};
const MAX_MS = 2 ** 31 - 1;
const MAX_TITLE_LENGTH = 60;

/** Throws `INVALID_ARGUMENT`. */
export function readOptions(options: RunnerOptions): RunnerSettings {
  const store = checkedStore(options, OPTION_NAMES);
  const { title = firstQuestion, waitMs = 20_000, onError = () => undefined, ...times } = options;
  if (typeof title !== "function") throw invalidArgument("title", "a function", title);
  if (typeof onError !== "function") throw invalidArgument("onError", "a function", onError);
  if (!Number.isInteger(waitMs) || waitMs < 0 || waitMs > MAX_MS) {
    throw invalidArgument("waitMs", "a non-negative number of milliseconds");
  }
  const { leaseMs, flushMs, pollMs, ttlMs = 86_400_000 } = times;
  const streams = streamsIn(store.namespace("streams"), { leaseMs, flushMs, pollMs, ttlMs });
  return { store, streams, title, waitMs, onError };
}

function streamsIn(store: ThreadStore, times: Omit<ResumableStreamsOptions, "store">): ResumableStreams {
  try {
    return resumableStreams({ store, ...times });
  } catch (error) {
    if (!StreamError.is(error, "INVALID_ARGUMENT")) throw error;
    throw new RunnerError("INVALID_ARGUMENT", error.message, { path: error.path });
  }
}

/** Returns the beginning of the first question, in one line. */
function firstQuestion(messages: readonly AgUiMessage[]): string {
  const content = messages.find(({ role }) => role === "user")?.content;
  const parts = Array.isArray(content) ? (content as { readonly text?: unknown }[]) : [{ text: content }];
  const texts = parts.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  const line = texts.join(" ").replace(/\s+/gu, " ").trim();
  // By code points, so that no character is cut in two.
  const characters = Array.from(line.toWellFormed());
  if (characters.length <= MAX_TITLE_LENGTH) return characters.join("");
  return `${characters.slice(0, MAX_TITLE_LENGTH - 1).join("")}…`;
}
