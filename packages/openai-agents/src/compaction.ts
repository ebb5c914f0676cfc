import { RequestUsage } from "@openai/agents-core";
import type { Version } from "@threadstore/core";
import { canonicalJson, type JsonObject } from "@threadstore/core/documents";
import type { Compact, CompactionMethods, ModelExchange } from "./compacting-session.ts";
import { SessionError } from "./session-error.ts";
import { appendItems, itemsFromArgument, toAgentItem } from "./session-items.ts";
import type { StoredSession } from "./stored-session.ts";

/**
 * Creates the methods with which a run compacts the session it has read. A run owns the history from the version that it
 * read to those that it created itself. Another process's change ends this, so that its items are never compacted unseen.
 */
export function compactionMethods<Context>(
  session: StoredSession<Context>,
  compact: Compact<Context>,
): CompactionMethods<Context> {
  const ownedVersions = new WeakMap<object, Version | undefined>();

  return {
    async getItemsWithCompactionOwnership() {
      const { version, content } = await session.read();
      const ownership = {};
      ownedVersions.set(ownership, version);
      return { items: content.items.map(toAgentItem), ownership };
    },

    async addItemsWithCompactionOwnership(items, ownership, runContext) {
      const added = itemsFromArgument(items);
      if (added.length === 0) return;
      const isOwned = ownership !== null && ownedVersions.has(ownership);
      const ownedVersion = isOwned ? ownedVersions.get(ownership) : undefined;
      // Only a change that is known to have replaced the owned version keeps the ownership.
      if (isOwned) ownedVersions.delete(ownership);
      const { before, after } = await session.change(
        (content) => ({ ...content, items: appendItems(content.items, added) }),
        runContext,
      );
      if (isOwned && before === ownedVersion) ownedVersions.set(ownership, after);
    },

    async runCompaction(details, runContext, ownership, ...exchange) {
      const current = await session.read();
      const { version, content } = current;
      if (content.items.length === 0) return null;
      const isAutomatic = ownership !== undefined;
      if (isAutomatic) {
        const isOwned = ownership !== null && ownedVersions.has(ownership);
        if (!isOwned || ownedVersions.get(ownership) !== version) return null;
        if (!isSeen(content.items, exchange)) return null;
      }
      const items = content.items.map(toAgentItem);
      const compaction = await compact({ ...details, items, runContext });
      if (compaction === undefined || compaction === null) return null;
      const compacted = itemsFromArgument(compaction.items, "$.items");
      const saved = await session.replace(current, { ...content, items: compacted }, runContext);
      if (saved === undefined && !isAutomatic) throw historyChanged();
      if (saved !== undefined && isAutomatic && ownership !== null) ownedVersions.set(ownership, saved);
      // The request was paid for, even if its result is not used.
      return { usage: compaction.usage ?? new RequestUsage() };
    },
  };
}

/**
 * Returns whether the model received or created all items, in this order. Items before a compaction do not count. Versions
 * of the SDK before 0.19 pass no exchange: not even `undefined`, which says that there was none.
 */
function isSeen(items: readonly JsonObject[], exchange: readonly (ModelExchange | undefined)[]): boolean {
  if (exchange.length === 0) return true;
  const start = Math.max(
    items.findLastIndex(({ type }) => type === "compaction"),
    0,
  );
  const seen = keysOf(exchange[0]?.items);
  let position = 0;
  return items.slice(start).every((item) => {
    const index = seen.indexOf(itemKey(item), position);
    position = index + 1;
    return index !== -1;
  });
}

function keysOf(exchange: unknown): string[] {
  try {
    return itemsFromArgument(exchange).map(itemKey);
  } catch (error) {
    if (SessionError.is(error)) return [];
    throw error;
  }
}

/** The runner removes some ids before it saves items, and others before it sends them. */
function itemKey({ id: _id, ...item }: JsonObject): string {
  return canonicalJson(item);
}

function historyChanged(): SessionError {
  const message =
    "Another run has changed the session while it was compacted. Nothing was written. Compact it again.";
  return new SessionError("HISTORY_CHANGED", message);
}
