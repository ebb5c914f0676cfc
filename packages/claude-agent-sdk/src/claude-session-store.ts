import type { SessionStore } from "@anthropic-ai/claude-agent-sdk";
import type { ThreadStore } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import { deleteSession, deleteSubpath } from "./delete-session.ts";
import { entriesFromArgument } from "./entry.ts";
import { listSessions, listSubpaths, listSummaries } from "./listings.ts";
import { loadTranscript } from "./load-transcript.ts";
import { locateSession, locateTranscript, projectNamespace } from "./session-location.ts";
import { checkedStore, invalidArgument } from "./session-store-error.ts";
import { Transcripts } from "./transcripts.ts";

/** Options of {@link claudeSessionStore}. */
export interface ClaudeSessionStoreOptions {
  /** The store to keep the sessions in. Pass a namespace that nothing else uses: `store.namespace("claude")`. */
  readonly store: ThreadStore;
  /**
   * The maximum length of the entries in one thread, in bytes of JSON. A longer session continues in the next segment.
   * @default 524288
   */
  readonly segmentBytes?: number | undefined;
}

const OPTION_NAMES: OptionNames<ClaudeSessionStoreOptions> = { store: true, segmentBytes: true };
const DEFAULT_SEGMENT_BYTES = 524_288;

/**
 * Creates a session store of the Claude Agent SDK in any `ThreadStore`, to pass as `sessionStore`. This does not access
 * the store. Several processes can use one session at the same time.
 *
 * Calls reject with a `SessionStoreError` or with the store's `ThreadStoreError`. Throws `INVALID_ARGUMENT` for invalid
 * options.
 */
export function claudeSessionStore(options: ClaudeSessionStoreOptions): Required<SessionStore> {
  const { store, segmentBytes } = checkedOptions(options);
  const transcripts = new Transcripts(segmentBytes);
  return {
    async append(key, entries) {
      const location = locateTranscript(store, key);
      const added = entriesFromArgument(entries);
      if (added.length === 0) return;
      await transcripts.run(location, (transcript) => transcript.append(added));
    },

    async load(key) {
      return loadTranscript(locateTranscript(store, key));
    },

    listSessions: async (projectKey) => listSessions(projectNamespace(store, projectKey)),
    listSessionSummaries: async (projectKey) => listSummaries(projectNamespace(store, projectKey)),
    listSubkeys: async (key) => listSubpaths(locateSession(store, key)),

    async delete(key) {
      const location = locateTranscript(store, key);
      await transcripts.run(location, async () => {
        await (location.isMain ? deleteSession(location) : deleteSubpath(location));
        transcripts.forget(location);
      });
    },
  };
}

function checkedOptions(options: unknown): { readonly store: ThreadStore; readonly segmentBytes: number } {
  const store = checkedStore(options, OPTION_NAMES);
  const { segmentBytes = DEFAULT_SEGMENT_BYTES } = options as { readonly segmentBytes?: unknown };
  if (typeof segmentBytes !== "number" || !Number.isSafeInteger(segmentBytes) || segmentBytes < 1) {
    throw invalidArgument("segmentBytes", "a positive integer", segmentBytes);
  }
  return { store, segmentBytes };
}
