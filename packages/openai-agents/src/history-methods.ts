import { applySessionHistoryMutations } from "@openai/agents-core";
import { applyTransaction, transactionFromArgument } from "./history-transaction.ts";
import {
  appendItems,
  asAgentItem,
  INTERRUPTED_OUTPUT,
  itemsFromArgument,
  resultsForOpenCalls,
} from "./session-items.ts";
import type { ThreadSession } from "./session.ts";
import type { StoredSession } from "./stored-session.ts";

type HistoryMethod =
  | "answerOpenCalls"
  | "applyHistoryMutations"
  | "applyHistoryTransaction"
  | "replaceHistoryWithCompaction";

/** Creates the methods of a session that do more than add and remove items. */
export function historyMethods(session: StoredSession): Pick<ThreadSession, HistoryMethod> {
  return {
    // Replacing older items would lose those that other runs have added since this run read the history.
    async replaceHistoryWithCompaction(items) {
      const added = itemsFromArgument(items);
      await session.change((content) => ({ ...content, items: [...content.items, ...added] }));
    },

    async applyHistoryMutations({ mutations }) {
      await session.change((content) => {
        const items = applySessionHistoryMutations(content.items.map(asAgentItem), mutations);
        return { ...content, items: itemsFromArgument(items) };
      });
    },

    async applyHistoryTransaction(argument) {
      const transaction = transactionFromArgument(argument);
      await session.change((content) => applyTransaction(content, transaction));
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
  };
}
