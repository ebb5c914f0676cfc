import { applySessionHistoryMutations } from "@openai/agents-core";
import { applyTransaction, transactionFromArgument } from "./history-transaction.ts";
import {
  appendItems,
  asAgentItem,
  interruptedOutput,
  itemsFromArgument,
  resultsForOpenCalls,
} from "./session-items.ts";
import type { SessionRecord } from "./session-record.ts";
import type { ThreadSession } from "./thread-session.ts";

type HistoryMethod =
  | "answerOpenCalls"
  | "applyHistoryMutations"
  | "applyHistoryTransaction"
  | "replaceHistoryWithCompaction";

/** The methods of a session that do more than add and remove items. */
export function historyMethods(record: SessionRecord): Pick<ThreadSession, HistoryMethod> {
  return {
    // Replacing what was there would lose what another run has added since this one read the history.
    async replaceHistoryWithCompaction(items) {
      const added = itemsFromArgument(items);
      await record.change((content) => ({ ...content, items: [...content.items, ...added] }));
    },

    async applyHistoryMutations({ mutations }) {
      await record.change((content) => {
        const items = applySessionHistoryMutations(content.items.map(asAgentItem), mutations);
        return { ...content, items: itemsFromArgument(items) };
      });
    },

    async applyHistoryTransaction(argument) {
      const transaction = transactionFromArgument(argument);
      await record.change((content) => applyTransaction(content, transaction));
    },

    async answerOpenCalls(output = interruptedOutput) {
      let answered: string[] = [];
      await record.change((content) => {
        const results = resultsForOpenCalls(content.items, output);
        answered = results.map(({ callId }) => callId);
        if (results.length === 0) return undefined;
        return { ...content, items: appendItems(content.items, results) };
      });
      return answered;
    },
  };
}
