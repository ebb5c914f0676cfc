import type { JsonObject } from "@threadstore/core/documents";
import type { CompactingSessionOptions, CompactingThreadSession } from "./compacting-session.ts";
import { compactionMethods } from "./compaction.ts";
import { historyMethods } from "./history-methods.ts";
import { checkedStore, invalidValue } from "./session-error.ts";
import { appendItems, checkLimit, itemsFromArgument, toAgentItem } from "./session-items.ts";
import type { ThreadSessionOptions } from "./session-options.ts";
import type { ThreadSession } from "./session.ts";
import { type StoredSession, storedSession } from "./stored-session.ts";

/**
 * Creates a session of the OpenAI Agents SDK in any `ThreadStore`, to pass as `session` to `run`. Creating one
 * reads and writes nothing, so create one for each request. Several processes may use one session at once: each
 * call is atomic. With the option `compact`, the runner compacts the session after a turn.
 *
 * Calls reject with a `SessionError`, with the store's `ThreadStoreError`, or with the reason of `signal`. Throws
 * `INVALID_ARGUMENT` for invalid options.
 */
export function threadSession<Context = unknown>(
  options: CompactingSessionOptions<Context>,
): CompactingThreadSession<Context>;
export function threadSession<Context = unknown>(
  options: ThreadSessionOptions<Context>,
): ThreadSession<Context>;
export function threadSession<Context>(
  options: ThreadSessionOptions<Context> | CompactingSessionOptions<Context>,
): ThreadSession<Context> {
  checkOptions(options);
  const { compact, onCompactionError, ...sessionOptions } = {
    compact: undefined,
    onCompactionError: undefined,
    ...options,
  };
  const session = storedSession(sessionOptions);
  const { id } = options;
  return {
    acceptsRunContext: true,
    getSessionId: () => Promise.resolve(id),
    ...itemMethods(session),
    ...historyMethods(session),
    // The runner calls these methods of any session that has them.
    ...(compact === undefined ? {} : compactionMethods(session, { compact, onCompactionError })),
  };
}

type ItemMethod = "addItems" | "clearSession" | "getItems" | "popItem";

function itemMethods<Context>(session: StoredSession<Context>): Pick<ThreadSession<Context>, ItemMethod> {
  return {
    async getItems(limit) {
      checkLimit(limit);
      const { items } = (await session.read()).content;
      const latest =
        limit === undefined ? items : items.slice(Math.max(items.length - Math.max(limit, 0), 0));
      return latest.map(toAgentItem);
    },

    async addItems(items, runContext) {
      const added = itemsFromArgument(items);
      if (added.length === 0) return;
      await session.change(
        (content) => ({ ...content, items: appendItems(content.items, added) }),
        runContext,
      );
    },

    async popItem(runContext) {
      let popped: JsonObject | undefined;
      await session.change((content) => {
        popped = content.items.at(-1);
        return popped === undefined ? undefined : { ...content, items: content.items.slice(0, -1) };
      }, runContext);
      return popped === undefined ? undefined : toAgentItem(popped);
    },

    clearSession: (runContext) => session.clear(runContext),
  };
}

function checkOptions(options: unknown): void {
  checkedStore(options);
  const { id, compact, onCompactionError } = options as { readonly [name: string]: unknown };
  if (typeof id !== "string" || id === "") {
    throw invalidValue("INVALID_ARGUMENT", "id", "a non-empty string", id);
  }
  for (const [name, value] of Object.entries({ compact, onCompactionError })) {
    if (value !== undefined && typeof value !== "function")
      throw invalidValue("INVALID_ARGUMENT", name, "a function", value);
  }
}
