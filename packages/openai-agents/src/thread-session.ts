import { type JsonObject, mismatchMessage } from "@threadstore/core/documents";
import { historyMethods } from "./history-methods.ts";
import { invalidValue, SessionError } from "./session-error.ts";
import { appendItems, asAgentItem, checkLimit, itemsFromArgument } from "./session-items.ts";
import type { ThreadSession } from "./session.ts";
import { storedSession, type ThreadSessionOptions } from "./stored-session.ts";

/**
 * Creates a session of the OpenAI Agents SDK in any `ThreadStore`, to pass as `session` to `run`. Creating one
 * reads and writes nothing, so create one for each request. Several processes may use one session at once: each
 * call is atomic.
 *
 * Calls reject with a `SessionError`, with the store's `ThreadStoreError`, or with the reason of `signal`. Throws
 * `INVALID_ARGUMENT` for invalid options.
 */
export function threadSession(options: ThreadSessionOptions): ThreadSession {
  checkOptions(options);
  const { id } = options;
  const session = storedSession(options);
  return {
    getSessionId: () => Promise.resolve(id),

    async getItems(limit) {
      checkLimit(limit);
      const { items } = await session.read();
      const latest =
        limit === undefined ? items : items.slice(Math.max(items.length - Math.max(limit, 0), 0));
      return latest.map(asAgentItem);
    },

    async addItems(items) {
      const added = itemsFromArgument(items);
      if (added.length === 0) return;
      await session.change((content) => ({ ...content, items: appendItems(content.items, added) }));
    },

    async popItem() {
      let popped: JsonObject | undefined;
      await session.change((content) => {
        popped = content.items.at(-1);
        return popped === undefined ? undefined : { ...content, items: content.items.slice(0, -1) };
      });
      return popped === undefined ? undefined : asAgentItem(popped);
    },

    clearSession: () => session.clear(),

    ...historyMethods(session),
  };
}

function checkOptions(options: unknown): void {
  const { store, id } = (options ?? {}) as { [name: string]: unknown };
  if (typeof store !== "object" || store === null || !("update" in store)) {
    const message = `${mismatchMessage("store", "a ThreadStore")} Create one with a function such as sqliteStore.`;
    throw new SessionError("INVALID_ARGUMENT", message, { path: "store" });
  }
  if (typeof id === "string" && id !== "") return;
  throw invalidValue("INVALID_ARGUMENT", "id", "a non-empty string", id);
}
