import type { Repairer } from "../findings/repairer.ts";
import type { ProviderLimits } from "../limits/provider-limits.ts";
import { shortenText, type ShortenText } from "../limits/shorten-text.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { repairImages } from "./repair-images.ts";
import { repairMessageMembers } from "./repair-message-members.ts";
import { repairParts } from "./repair-parts.ts";
import { repairTextLengths } from "./repair-text-lengths.ts";
import { splitCalls } from "./split-calls.ts";

/** The limits that a repair applies. */
export interface RepairLimits extends ProviderLimits {
  readonly shorten?: ShortenText | undefined;
}

/** Repairs what a provider rejects although others accept it. */
export function repairLimits(draft: RepairDraft, limits: RepairLimits, repairer: Repairer): void {
  const { textLength, callsPerMessage, shorten } = limits;
  if (textLength !== undefined) {
    const { value: maximum } = textLength;
    repairTextLengths(draft, maximum, (text) => shortenText(text, maximum, shorten), repairer);
  }
  if (!draft.form.isChatCompletions) return;
  repairMessageMembers(draft, limits, repairer);
  repairImages(draft, limits, repairer);
  repairParts(draft, limits, repairer);
  if (callsPerMessage !== undefined) splitCalls(draft, callsPerMessage.value, repairer);
}
