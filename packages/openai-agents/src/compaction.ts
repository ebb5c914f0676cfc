import process from "node:process";
import { type OpenAIResponsesCompactionResult, RequestUsage } from "@openai/agents-core";
import type { Version } from "@threadstore/core";
import { canonicalJson, type JsonObject } from "@threadstore/core/documents";
import type {
  Compact,
  CompactingSessionOptions,
  CompactionMethods,
  CompactionRequest,
  ModelExchange,
} from "./compacting-session.ts";
import { SessionError } from "./session-error.ts";
import { appendItems, itemsFromArgument, toAgentItem } from "./session-items.ts";
import type { StoredSession } from "./stored-session.ts";

/** The version of the history that each run owns, which is `undefined` if there was none. */
type OwnedVersions = WeakMap<object, Version | undefined>;
type ReadSession = Awaited<ReturnType<StoredSession<unknown>["read"]>>;
type CompactionOptions<Context> = Pick<CompactingSessionOptions<Context>, "compact" | "onCompactionError">;

/**
 * Creates the methods with which a run compacts the session it has read. A run owns the history from the version that it
 * read to those that it created itself. Another process's change ends this, so that its items are never compacted unseen.
 */
export function compactionMethods<Context>(
  session: StoredSession<Context>,
  { compact, onCompactionError = warn }: CompactionOptions<Context>,
): CompactionMethods<Context> {
  const ownedVersions: OwnedVersions = new WeakMap();
  return {
    ...ownershipMethods(session, ownedVersions),
    async runCompaction(details, runContext, ownership, ...exchange) {
      const isAutomatic = ownership !== undefined;
      const isOwned = ({ version }: ReadSession): boolean => {
        return (
          isObject(ownership) && ownedVersions.has(ownership) && ownedVersions.get(ownership) === version
        );
      };
      const mayReplace = (current: ReadSession): boolean =>
        !isAutomatic || (isOwned(current) && isSeen(current.content.items, exchange));
      let result: OpenAIResponsesCompactionResult | null = null;
      try {
        const saved = await compactOnce(session, compact, { ...details, runContext }, mayReplace, (paid) => {
          result = paid;
        });
        if (saved === "changed" && !isAutomatic) throw historyChanged();
        if (typeof saved === "object" && isObject(ownership)) ownedVersions.set(ownership, saved.version);
      } catch (error) {
        if (!isAutomatic) throw error;
        // The turn is saved: rejecting would lose its answer, and the caller's retry would repeat it.
        onCompactionError(error);
      }
      return result;
    },
  };
}

function ownershipMethods<Context>(
  session: StoredSession<Context>,
  ownedVersions: OwnedVersions,
): Omit<CompactionMethods<Context>, "runCompaction"> {
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
  };
}

/** Calls `onPaid` as soon as the request was paid for, even if its result is not used. */
async function compactOnce<Context>(
  session: StoredSession<Context>,
  compact: Compact<Context>,
  request: Omit<CompactionRequest<Context>, "items">,
  mayReplace: (current: ReadSession) => boolean,
  onPaid: (result: OpenAIResponsesCompactionResult) => void,
): Promise<{ readonly version: Version } | "changed" | "skipped"> {
  const current = await session.read();
  const { content } = current;
  if (content.items.length === 0 || !mayReplace(current)) return "skipped";
  const compaction = await compact({ ...request, items: content.items.map(toAgentItem) });
  if (compaction === undefined || compaction === null) return "skipped";
  onPaid({ usage: compaction.usage ?? new RequestUsage() });
  const items = itemsFromArgument(compaction.items, "$.items");
  const version = await session.replace(current, { ...content, items }, request.runContext);
  return version === undefined ? "changed" : { version };
}

function isObject(ownership: object | null | undefined): ownership is object {
  return typeof ownership === "object" && ownership !== null;
}

function warn(): void {
  const message =
    "A session could not be compacted after its turn was saved. Pass `onCompactionError` to see why.";
  process.emitWarning(message, "ThreadStoreWarning");
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
