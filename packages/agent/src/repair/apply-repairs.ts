import type { SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { invalidValue, requireText } from "../agent-error.ts";
import type { Repairer } from "../findings/repairer.ts";
import { withoutMember } from "../wire-form/message-entry.ts";
import type { RepairableKind, WireForm } from "../wire-form/wire-form.ts";
import { type CheckOptions, type ProviderCheckOptions, validateCheckOptions } from "./check-options.ts";
import { readForRepair } from "./read-for-repair.ts";
import { readEntries } from "./repair-contents.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { repairEntries } from "./repair-entries.ts";
import type { ThreadIdentity } from "./repair-envelope.ts";
import { closeTurn } from "./repair-turn.ts";
import { writeRepairedPlaces, writeRepairedTurn } from "./write-places.ts";

/** Repairs a copy of a thread. Throws `THREAD_INVALID`, `THREAD_TOO_NEW` or `INVALID_ARGUMENT`. */
export function applyRepairs(
  value: unknown,
  kinds: readonly RepairableKind[],
  repairer: Repairer,
  options: ProviderCheckOptions,
): SerializedThread {
  validateCheckOptions(options);
  const identity = readIdentity(options, kinds);
  const { document, messages, form } = readForRepair(value, kinds, repairer, identity);
  const draft: RepairDraft = {
    form,
    originalCount: messages.length,
    entries: readEntries(messages, form, repairer),
    turn: document["turn"],
  };
  if (options.openTurn === "close") closeTurn(draft, repairer);
  repairEntries(draft, repairer, options);
  // Also keeps members that a read tolerates although they do not fit, such as keys of removed messages.
  if (repairer.changes.length === 0) return document;
  return writeDocument(dropOutdatedService(document, form, repairer), draft);
}

/**
 * A service stores the conversation without the repairs. Without the reference to it, the next run starts a new one.
 */
function dropOutdatedService(document: JsonObject, form: WireForm, repairer: Repairer): JsonObject {
  const { service } = document;
  const isOutdated = repairer.changes.some(({ path }) => /^\$\.(?:messages|turn)\b/.test(path));
  if (!isOutdated || service === undefined || !isJsonObject(service) || !form.namesConversation(service)) {
    return document;
  }
  const message = "The service stores the conversation as it was before the repair.";
  repairer.repair(
    { code: "service-outdated", path: "$.service", position: Infinity, message },
    { drop: "A repair removes the reference to it." },
  );
  return withoutMember(document, "service");
}

function readIdentity({ agent, kind }: CheckOptions, kinds: readonly RepairableKind[]): ThreadIdentity {
  if (agent !== undefined) requireText(agent, "agent");
  if (kind === undefined || kinds.some((each) => each.kind === kind)) return { agent, kind };
  const names = kinds.map((each) => `"${each.kind}"`).join(" or ");
  throw invalidValue("INVALID_ARGUMENT", "kind", names);
}

function writeDocument(document: JsonObject, draft: RepairDraft): SerializedThread {
  const messages = draft.entries.map(draft.form.write);
  const turn = writeRepairedTurn(draft, messages);
  const { messages: original } = document;
  const count = Array.isArray(original) ? original.length : 0;
  const moved = writeRepairedPlaces(draft, document, count);
  return turn === undefined
    ? { ...withoutMember(document, "turn"), messages, ...moved }
    : { ...document, messages, ...moved, turn };
}
