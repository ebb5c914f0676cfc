import type { SerializedThread } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { invalidValue } from "../agent-error.ts";
import { requireText } from "../agent-options.ts";
import { type Provider, readProvider } from "../limits/provider-limits.ts";
import type { ShortenText } from "../limits/shorten-text.ts";
import { withoutMember } from "./message-entry.ts";
import { readForRepair } from "./read-for-repair.ts";
import { repairCallIds } from "./repair-call-ids.ts";
import { repairCalls } from "./repair-calls.ts";
import { dropDuplicates, dropEmpty, readEntries, repairContents } from "./repair-contents.ts";
import type { RepairDraft } from "./repair-draft.ts";
import type { ThreadIdentity } from "./repair-envelope.ts";
import { type RepairLimits, repairLimits } from "./repair-limits.ts";
import { repairOrder } from "./repair-order.ts";
import { repairResults } from "./repair-results.ts";
import { closeTurn, repairTurn, writeRepairedKeys, writeRepairedTurn } from "./repair-turn.ts";
import type { Repairer } from "./repairer.ts";
import { replaceRemovedTools } from "./replace-removed-tools.ts";
import type { RepairableKind } from "./wire-form.ts";

/** Options of checking and repairing a thread. */
export interface CheckOptions {
  /**
   * The name of the agent, for a thread that lost it.
   * @default "Assistant"
   */
  readonly agent?: string | undefined;
  /**
   * The kind of the thread, for one that lost its `kind` or `format`. Without it, a thread that lost its `kind` gets
   * the one that its messages look like, and a document of another format or kind is not repaired.
   */
  readonly kind?: string | undefined;
  /**
   * The names of the existing tools. If present, calls of other tools are findings: Gemini, and Anthropic through
   * some gateways, reject them, and a model that reads them calls the tool again.
   * @default calls of any tool are accepted
   */
  readonly tools?: readonly string[] | undefined;
  /**
   * How to treat a turn that waits for approval or was interrupted. `"keep"`: an agent can `resume` it, so it is not
   * a finding. `"close"`: it is a finding, and a repair ends it, so that the thread can be run.
   * @default "keep"
   */
  readonly openTurn?: "keep" | "close" | undefined;
  /**
   * Whether to also check the order that Mistral and the chat templates of many open models require: system messages
   * come first, and an assistant message separates a tool result from the next user message.
   * @default false
   */
  readonly strictOrder?: boolean | undefined;
}

/** Options of checking and repairing a thread for a provider. */
export interface ProviderCheckOptions extends CheckOptions {
  /** The provider whose limits are checked, too. */
  readonly provider?: Provider | undefined;
  /**
   * Replaces a text that is longer than the provider accepts.
   * @default cuts the text and adds a note that says so
   */
  readonly shorten?: ShortenText | undefined;
}

/** Repairs a copy of a thread. Throws `THREAD_INVALID`, `THREAD_TOO_NEW` or `INVALID_ARGUMENT`. */
export function applyRepairs(
  value: unknown,
  kinds: readonly RepairableKind[],
  repairer: Repairer,
  options: ProviderCheckOptions,
): SerializedThread {
  const tools = readTools(options);
  const limits = readLimits(options);
  const { openTurn = "keep", strictOrder = limits.strictOrder?.value ?? false } = options;
  const identity = readIdentity(options, kinds);
  const { document, messages, form } = readForRepair(value, kinds, repairer, identity);
  const draft: RepairDraft = {
    form,
    entries: readEntries(messages, form, repairer),
    turn: document["turn"],
  };
  if (openTurn === "close") closeTurn(draft, repairer);
  // Repeats, because a step may leave work for an earlier one: a removal can make two equal messages adjacent.
  for (let previousCount = -1; previousCount < repairer.changes.length;) {
    previousCount = repairer.changes.length;
    repairContents(draft, repairer);
    repairCalls(draft, repairer);
    dropEmpty(draft, repairer);
    dropDuplicates(draft, repairer);
    repairTurn(draft, repairer);
    repairResults(draft, repairer);
    repairCallIds(draft, repairer, limits.callId?.value);
    repairLimits(draft, limits, repairer);
    if (tools !== undefined) replaceRemovedTools(draft, repairer, tools);
    if (strictOrder && form.isChatCompletions) repairOrder(draft, repairer);
  }
  return writeDocument(dropOutdatedService(document, repairer), draft);
}

/**
 * A service stores the conversation without the repairs. Without the reference to it, the next run starts a new one.
 */
function dropOutdatedService(document: JsonObject, repairer: Repairer): JsonObject {
  const isOutdated = repairer.changes.some(({ path }) => /^\$\.(?:messages|turn)\b/.test(path));
  if (document["service"] === undefined || !isOutdated) return document;
  const message = "The service stores the conversation as it was before the repair.";
  repairer.repair(
    { code: "service-outdated", path: "$.service", position: Infinity, message },
    { drop: "Removed the reference to it." },
  );
  return withoutMember(document, "service");
}

function readIdentity({ agent, kind }: CheckOptions, kinds: readonly RepairableKind[]): ThreadIdentity {
  if (agent !== undefined) requireText(agent, "agent");
  if (kind === undefined || kinds.some((each) => each.kind === kind)) return { agent, kind };
  const names = kinds.map((each) => `"${each.kind}"`).join(" or ");
  throw invalidValue("INVALID_ARGUMENT", "kind", names);
}

function readLimits({ provider = "other", shorten }: ProviderCheckOptions): RepairLimits {
  if (shorten !== undefined && typeof shorten !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "shorten", "a function", shorten);
  }
  return { ...readProvider(provider), shorten };
}

function readTools({ tools }: CheckOptions): ReadonlySet<string> | undefined {
  if (tools === undefined) return undefined;
  if (Array.isArray(tools) && tools.every((name) => typeof name === "string")) return new Set(tools);
  throw invalidValue("INVALID_ARGUMENT", "tools", "an array of strings");
}

function writeDocument(document: JsonObject, draft: RepairDraft): SerializedThread {
  const turn = writeRepairedTurn(draft);
  const messages = draft.entries.map(draft.form.write);
  const { keys, messages: original } = document;
  const count = Array.isArray(original) ? original.length : 0;
  const moved = keys === undefined ? {} : { keys: writeRepairedKeys(draft, keys, count) };
  return turn === undefined
    ? { ...withoutMember(document, "turn"), messages, ...moved }
    : { ...document, messages, ...moved, turn };
}
