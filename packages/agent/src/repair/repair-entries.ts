import type { Repairer } from "../findings/repairer.ts";
import { type MessageCheckOptions, type ProviderOptions, readLimits, readTools } from "./check-options.ts";
import { dropDanglingReasoning } from "./drop-dangling-reasoning.ts";
import { repairCallIds } from "./repair-call-ids.ts";
import { repairCalls } from "./repair-calls.ts";
import { dropDuplicates, dropEmpty, repairContents } from "./repair-contents.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { repairItemIds } from "./repair-item-ids.ts";
import { repairLimits } from "./repair-limits.ts";
import { repairOrder } from "./repair-order.ts";
import { repairResults } from "./repair-results.ts";
import { repairTurn } from "./repair-turn.ts";
import { replaceRemovedTools } from "./replace-removed-tools.ts";

/** Repairs the messages of a draft and its open turn. Throws `INVALID_ARGUMENT` for options. */
export function repairEntries(
  draft: RepairDraft,
  repairer: Repairer,
  options: MessageCheckOptions & ProviderOptions,
): void {
  const tools = readTools(options);
  const limits = readLimits(options);
  const { strictOrder = limits.strictOrder?.value ?? false } = options;
  repairItemIds(draft, repairer);
  // Repeats, because a step may leave work for an earlier one: a removal can make two equal messages adjacent.
  for (let previousCount = -1; previousCount < repairer.changes.length;) {
    previousCount = repairer.changes.length;
    repairContents(draft, repairer);
    repairCalls(draft, repairer);
    dropEmpty(draft, repairer, draft.form.isChatCompletions ? (limits.filledRoles?.value ?? []) : []);
    dropDuplicates(draft, repairer);
    repairTurn(draft, repairer);
    repairResults(draft, repairer);
    dropDanglingReasoning(draft, repairer);
    repairCallIds(draft, repairer, limits.callId?.value);
    repairLimits(draft, limits, repairer);
    if (tools !== undefined) replaceRemovedTools(draft, repairer, tools);
    if (strictOrder && draft.form.isChatCompletions) repairOrder(draft, repairer);
  }
}
