import { applySessionHistoryMutations } from "@openai/agents-core";
import type { JsonObject } from "@threadstore/core/documents";
import { applyTransaction, transactionFromArgument } from "./history-transaction.ts";
import {
  appendItems,
  INTERRUPTED_OUTPUT,
  itemsFromArgument,
  resultsForOpenCalls,
  toAgentItem,
} from "./session-items.ts";
import type { ThreadSession } from "./session.ts";
import type { StoredSession } from "./stored-session.ts";

type HistoryMethod =
  | "answerOpenCalls"
  | "applyHistoryMutations"
  | "applyHistoryTransaction"
  | "prepareHistoryItemsForPersistenceComparison"
  | "removeUnanswered"
  | "replaceHistoryWithCompaction";

/** Creates the methods of a session that do more than add and remove items. */
export function historyMethods<Context>(
  session: StoredSession<Context>,
): Pick<ThreadSession<Context>, HistoryMethod> {
  return {
    // Replacing older items would lose those that other runs have added since this run read the history.
    async replaceHistoryWithCompaction(items, runContext) {
      const added = itemsFromArgument(items);
      await session.change((content) => ({ ...content, items: [...content.items, ...added] }), runContext);
    },

    prepareHistoryItemsForPersistenceComparison: (items) => itemsFromArgument(items).map(toAgentItem),

    async applyHistoryMutations({ mutations }) {
      await session.change((content) => {
        const rewritten = applySessionHistoryMutations(content.items.map(toAgentItem), mutations);
        return { ...content, items: withUnchanged(itemsFromArgument(rewritten), content.items) };
      });
    },

    async applyHistoryTransaction(argument, runContext) {
      const transaction = transactionFromArgument(argument);
      await session.change((content) => applyTransaction(content, transaction), runContext);
    },

    async answerOpenCalls(output = INTERRUPTED_OUTPUT) {
      let answered: string[] = [];
      await session.change((content) => {
        const results = resultsForOpenCalls(content.items, output);
        answered = results.map(({ callId }) => callId);
        if (results.length === 0) return undefined;
        return { ...content, items: appendItems(content.items, results) };
      });
      return answered;
    },

    async removeUnanswered(runContext) {
      let removed: readonly JsonObject[] = [];
      await session.change((content) => {
        const count = content.items.findLastIndex(({ role }) => role !== "user") + 1;
        removed = content.items.slice(count);
        return removed.length === 0 ? undefined : { ...content, items: content.items.slice(0, count) };
      }, runContext);
      return removed.map(toAgentItem);
    },
  };
}

/** Returns the items with the original object for each unchanged one, whose text is kept. */
function withUnchanged(items: readonly JsonObject[], originals: readonly JsonObject[]): JsonObject[] {
  return items.map((item, index) => {
    const original = originals[index];
    return original !== undefined && JSON.stringify(original) === JSON.stringify(item) ? original : item;
  });
}
