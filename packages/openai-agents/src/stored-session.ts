import type { RunContext } from "@openai/agents-core";
import type { StoredThread, Version } from "@threadstore/core";
import { callsInOrder } from "@threadstore/core/documents";
import type { ThreadSessionOptions } from "./session-options.ts";
import { type ChangedVersion, sessionRecord } from "./session-record.ts";
import {
  EMPTY_CONTENT,
  readSessionMembers,
  readSessionThread,
  type SessionContent,
  writeSessionText,
  writeSessionThread,
} from "./session-thread.ts";

/** Returns the new content of a session, or `undefined` to leave it unchanged. May be called several times. */
export type SessionChange = (content: SessionContent) => SessionContent | undefined;

/** The content of a session at a version; without a version if there is no thread. */
export interface SessionVersion {
  readonly version: Version | undefined;
  readonly content: SessionContent;
}

/** The stored thread of one session. */
export interface StoredSession<Context> {
  read(): Promise<SessionVersion>;
  change(change: SessionChange, runContext?: RunContext<Context>): Promise<ChangedVersion>;
  /** Replaces the content of a version. Resolves with the new version, or `undefined` if another one is stored. */
  replace(
    replaced: SessionVersion,
    content: SessionContent,
    runContext?: RunContext<Context>,
  ): Promise<Version | undefined>;
  /** Removes all items, including corrupt ones. Rejects if the thread is not a session. */
  clear(runContext?: RunContext<Context>): Promise<void>;
}

export function storedSession<Context>(options: ThreadSessionOptions<Context>): StoredSession<Context> {
  const record = sessionRecord(options);
  const inOrder = callsInOrder();
  return {
    async read() {
      const stored = await record.load();
      return { version: stored?.version, content: contentOf(stored) };
    },

    change: (change, runContext) =>
      inOrder(() =>
        record.update((current) => {
          const content = contentOf(current);
          const changed = change(content);
          return changed === undefined ? null : toThread(changed, content, current);
        }, runContext),
      ),

    replace: ({ version, content: source }, content, runContext) =>
      inOrder(() => record.replace(version, (current) => toThread(content, source, current), runContext)),

    async clear(runContext) {
      await inOrder(() =>
        record.update((current) => {
          if (current === undefined) return null;
          readSessionMembers(current.thread);
          return writeSessionThread(EMPTY_CONTENT);
        }, runContext),
      );
    },
  };
}

/** Returns the content to store. `source` is the content that it was derived from. */
function toThread(
  content: SessionContent,
  source: SessionContent,
  current: StoredThread | undefined,
): object | string {
  return current === undefined
    ? writeSessionThread(content)
    : writeSessionText(content, source, current.json);
}

// Parses the JSON for each call, because callers own the items they get and `stored.thread` is always the same
// object.
function contentOf(stored: StoredThread | undefined): SessionContent {
  return stored === undefined ? EMPTY_CONTENT : readSessionThread(JSON.parse(stored.json));
}
