import type { JsonValue } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { invalidValue } from "../agent-error.ts";
import type { Finding } from "../findings/finding.ts";
import { checkPolicy, type RepairPolicy } from "../findings/repair-policy.ts";
import { type RepairChange, Repairer } from "../findings/repairer.ts";
import { copyJson } from "../json.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import type { MessageCheckOptions, ProviderOptions } from "./check-options.ts";
import { readEntries } from "./repair-contents.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { repairEntries } from "./repair-entries.ts";
import { reportMalformedText } from "./report-malformed-text.ts";

/** The task of repairing messages that are not those of an agent's thread. */
export interface MessageListTask {
  readonly messages: unknown;
  readonly form: WireForm;
  /** The location of the messages, for findings and changes. */
  readonly path: string;
  /** Reports faults of the document that contains the messages. */
  readonly reportOthers?: ((repairer: Repairer) => void) | undefined;
}

/** The result of repairing messages. */
export interface RepairedMessageList {
  /** A copy of the messages. Messages without a finding are unchanged. */
  readonly messages: JsonObject[];
  readonly findings: Finding[];
  /** The changes, in order; empty if there was nothing to repair. */
  readonly changes: readonly RepairChange[];
}

// The paths of the steps of a repair.
const DRAFT_PATH = "$.messages";

/**
 * Repairs a copy of messages with the same findings as those of an agent's thread. Throws `THREAD_INVALID` for values
 * that are not JSON, or with the path if the policy is to stop, and `INVALID_ARGUMENT` for the policy or options.
 */
export function repairMessageList(
  { messages, form, path, reportOthers }: MessageListTask,
  policy: RepairPolicy,
  options: MessageCheckOptions & ProviderOptions,
): RepairedMessageList {
  checkPolicy(policy, "policy");
  if (!Array.isArray(messages)) throw invalidValue("THREAD_INVALID", path, "an array of messages", messages);
  const copy = copyJson(messages, { code: "THREAD_INVALID", loneSurrogates: "replace", path }) as JsonValue[];
  const repairer = new Repairer(policy, (location) =>
    location.startsWith(DRAFT_PATH) ? `${path}${location.slice(DRAFT_PATH.length)}` : location,
  );
  reportOthers?.(repairer);
  reportMalformedText({ messages }, repairer);
  const draft: RepairDraft = {
    form,
    originalCount: copy.length,
    entries: readEntries(copy, form, repairer),
    turn: undefined,
  };
  repairEntries(draft, repairer, options);
  return {
    messages: draft.entries.map(form.write),
    findings: repairer.findings,
    changes: repairer.changes,
  };
}
