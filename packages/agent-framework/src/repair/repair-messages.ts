import {
  AgentError,
  type CheckOptions,
  type Finding,
  type RepairPolicy,
  type RepairChange,
} from "@threadstore/agent";
import { checkThread, repairThread } from "@threadstore/agent/provider";
import { findEntryFacts } from "../approvals/entry-approvals.ts";
import { finishDraft } from "../chat/draft.ts";
import { toOrigin } from "../chat/to-chat.ts";
import { toDrafts } from "../chat/to-drafts.ts";
import { ContentFactory } from "../entries/content-factory.ts";
import { arrange, finishMessage, type MessageEntry, toMessage } from "../entries/entries.ts";
import { InterchangeError, invalidThread } from "../interchange-error.ts";
import type { JsonNode, ObjectNode } from "../json/node.ts";
import { discardReport } from "../report.ts";
import { type AgentFrameworkShape, type Language, LAYOUTS } from "../shapes/shape.ts";
import { ChangeApplier } from "./apply-changes.ts";
import { findPendingCalls, repairApprovals } from "./approvals.ts";
import { CHAT_KIND, type ChatView, viewAsChat } from "./chat-view.ts";
import { dropCopies, readEntries } from "./read-entries.ts";
import { RepairLog } from "./repair-log.ts";
import { pathTranslator } from "./translate-path.ts";

/** Repaired messages of Agent Framework, the findings, and the changes that were made. */
export interface RepairedMessages {
  readonly messages: readonly ObjectNode[];
  readonly findings: readonly Finding[];
  readonly changes: readonly RepairChange[];
}

export interface MessagesToRepair {
  readonly messages: readonly JsonNode[];
  /** The path of the list of messages. */
  readonly path: string;
  readonly shape: AgentFrameworkShape;
}

/** A removal can cause findings that require another round. More rounds than this are never needed. */
const MAX_ROUNDS = 20;

/** Repairs messages by a policy. Throws `THREAD_INVALID` with the path if the policy is to stop. */
export function repairMessages(
  { messages: nodes, path, shape }: MessagesToRepair,
  policy: RepairPolicy,
  options: CheckOptions,
): RepairedMessages {
  const { language, dialect } = LAYOUTS[shape];
  const log = new RepairLog(policy);
  const factory = new ContentFactory(dialect);
  let messages = readEntries(nodes, path, language, log);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { length } = log.changes;
    messages = dropCopies(arrange(messages), language, log);
    repairApprovals(messages, language, log, options.openTurn === "close");
    messages = arrange(messages);
    const view = viewMessages(messages, language, options);
    const applier = new ChangeApplier(messages, view, language, factory);
    const changes = repairView(view, { messages, language, policy, options, log });
    for (const change of changes) applier.apply(change);
    applier.finish();
    if (log.changes.length === length) {
      return { messages: messages.map(finishMessage), findings: log.findings, changes: log.changes };
    }
  }
  throw invalidThread(path, `\`${path}\` cannot be repaired.`);
}

function viewMessages(
  messages: readonly MessageEntry[],
  language: Language,
  options: CheckOptions,
): ChatView {
  // Each message is converted on its own, because Agent Framework also sends them separately.
  const facts = findEntryFacts(messages, language);
  const context = { facts, pendingPaths: new Set<string>(), report: discardReport };
  const drafts = messages.flatMap((message) => toDrafts(toMessage(message, language), context));
  const pending = options.openTurn === "close" ? undefined : findPendingCalls(messages, language);
  return viewAsChat(drafts.map(finishDraft), drafts.map(toOrigin), pending);
}

interface RepairContext {
  readonly messages: readonly MessageEntry[];
  readonly language: Language;
  readonly policy: RepairPolicy;
  readonly options: CheckOptions;
  readonly log: RepairLog;
}

/** Repairs the messages of Chat Completions, and logs the changes with paths in Agent Framework's JSON. */
function repairView(
  view: ChatView,
  { messages, language, policy, options, log }: RepairContext,
): readonly RepairChange[] {
  const translate = pathTranslator(view, messages, language);
  try {
    const { changes } = repairThread(view.thread, [CHAT_KIND], policy, options);
    for (const finding of checkThread(view.thread, [CHAT_KIND], options)) {
      log.findings.push({ ...finding, path: translate(finding.path) });
    }
    for (const change of changes) {
      const { path, counterpart } = change;
      const translated = counterpart === undefined ? {} : { counterpart: translate(counterpart) };
      log.changes.push({ ...change, path: translate(path), ...translated });
    }
    return changes;
  } catch (error) {
    if (!AgentError.is(error)) throw error;
    const { code, path = "$", message } = error;
    if (code === "INVALID_ARGUMENT") throw new InterchangeError(code, message, { path });
    const translated = translate(path);
    throw invalidThread(translated, message.replace(path, translated));
  }
}
