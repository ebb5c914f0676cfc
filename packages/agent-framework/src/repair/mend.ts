import {
  AgentError,
  type CheckOptions,
  type Damage,
  type RepairPolicy,
  type ThreadChange,
} from "@threadstore/agent";
import { checkThread, repairThread } from "@threadstore/agent/provider";
import { finishDraft } from "../chat/draft.ts";
import { toPlace } from "../chat/to-chat.ts";
import { toDrafts } from "../chat/to-drafts.ts";
import { InterchangeError } from "../interchange-error.ts";
import type { JsonNode, ObjectNode } from "../json/node.ts";
import { unreported } from "../report.ts";
import { layouts, type AgentFrameworkShape, type Language } from "../shapes/shape.ts";
import { Account } from "./account.ts";
import { ChangeApplier } from "./apply-changes.ts";
import { findApprovals, mendApprovals } from "./approvals.ts";
import { chatKind, viewAsChat, type ChatView } from "./chat-view.ts";
import { locator } from "./locate.ts";
import { Maker } from "./new-contents.ts";
import { dropCopies, readItems } from "./unreadable.ts";
import { arrange, finishItem, toMessage, type Item } from "./working-copy.ts";

/** Messages of Agent Framework, and what was found and done. */
export interface MendedMessages {
  readonly messages: readonly ObjectNode[];
  readonly damages: readonly Damage[];
  readonly changes: readonly ThreadChange[];
}

export interface MessagesToMend {
  readonly messages: readonly JsonNode[];
  /** Where they are. */
  readonly path: string;
  readonly shape: AgentFrameworkShape;
}

/** What was taken out may leave something to be mended; more often than this it cannot. */
const maximumRounds = 20;

/** Mends messages by a policy. Throws `THREAD_INVALID` with the path where it says to stop. */
export function mendMessages(
  { messages, path, shape }: MessagesToMend,
  policy: RepairPolicy,
  options: CheckOptions,
): MendedMessages {
  const { language, dialect } = layouts[shape];
  const account = new Account(policy);
  const maker = new Maker(dialect);
  let items = readItems(messages, path, language, account);
  for (let round = 0; round < maximumRounds; round += 1) {
    const { length } = account.changes;
    items = dropCopies(arrange(items), language, account);
    mendApprovals(items, language, account, options.openTurn === "close");
    items = arrange(items);
    const view = viewItems(items, language, options);
    const applier = new ChangeApplier(items, view, language, maker);
    for (const change of mendView(view, { items, language, policy, options, account })) applier.apply(change);
    applier.finish();
    if (account.changes.length === length) {
      return { messages: items.map(finishItem), damages: account.damages, changes: account.changes };
    }
  }
  throw new InterchangeError("THREAD_INVALID", `${path}: the messages cannot be mended.`, { path });
}

function viewItems(items: readonly Item[], language: Language, options: CheckOptions): ChatView {
  // Each message by itself, as Agent Framework sends them.
  const drafts = items.flatMap((item) => toDrafts(toMessage(item, language), unreported));
  const { requests } = findApprovals(items, language);
  const asked = options.openTurn === "close" ? [] : requests.filter(({ isPast }) => !isPast);
  const approvals = new Set(asked.map(({ callId }) => callId));
  return viewAsChat(drafts.map(finishDraft), drafts.map(toPlace), approvals);
}

interface Task {
  readonly items: readonly Item[];
  readonly language: Language;
  readonly policy: RepairPolicy;
  readonly options: CheckOptions;
  readonly account: Account;
}

/** Mends the messages of Chat Completions, and tells of it in terms of Agent Framework's JSON. */
function mendView(
  view: ChatView,
  { items, language, policy, options, account }: Task,
): readonly ThreadChange[] {
  const locate = locator(view, items, language);
  try {
    const { changes } = repairThread(view.thread, [chatKind], policy, options);
    for (const damage of checkThread(view.thread, [chatKind], options)) {
      account.damages.push({ ...damage, path: locate(damage.path) });
    }
    for (const change of changes) {
      const { path, counterpart } = change;
      const placed = counterpart === undefined ? {} : { counterpart: locate(counterpart) };
      account.changes.push({ ...change, path: locate(path), ...placed });
    }
    return changes;
  } catch (error) {
    if (!AgentError.is(error)) throw error;
    const { code, path = "$", message } = error;
    if (code === "INVALID_ARGUMENT") throw new InterchangeError(code, message, { path });
    const place = locate(path);
    throw new InterchangeError("THREAD_INVALID", message.replace(path, place), { path: place });
  }
}
