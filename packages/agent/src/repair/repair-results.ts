import { canonicalJson } from "@threadstore/core/documents";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import { idOf, type LocatedCall, type MessageEntry, roleOf } from "../wire-form/message-entry.ts";
import { collectCallDrops } from "./drop-calls.ts";
import { INTERRUPTED_RESULT } from "./interrupted-texts.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Gives each call exactly one result, directly after its message. */
export function repairResults(draft: RepairDraft, repairer: Repairer): void {
  repairExistingResults(draft, repairer);
  addMissingResults(draft, repairer);
}

/** The results to insert after the message of their calls. */
type Insertions = Map<MessageEntry, MessageEntry[]>;

function repairExistingResults(draft: RepairDraft, repairer: Repairer): void {
  const pairing = pairDraft(draft);
  const removed = new Set<MessageEntry>();
  const insertions: Insertions = new Map();
  const replacements = new Map<MessageEntry, MessageEntry>();
  for (const [result, match] of pairing.matches) {
    const { path, position } = result;
    const drop = (): string => {
      removed.add(result);
      return "A repair drops it.";
    };
    const isOfOtherKind =
      match.kind !== "orphaned" && !draft.form.mayAnswer(result.source, match.located.owner.source);
    if (match.kind === "orphaned" || isOfOtherKind) {
      const message = "The result does not answer any call.";
      repairer.repair({ code: "result-orphaned", path, position, message }, { drop });
    } else if (match.kind === "duplicated") {
      const message = "The call that this result answers already has one.";
      const replace = (): FixResult | string => {
        const first = pairing.resultOf.get(match.located.call);
        if (first === undefined || replacements.has(first)) return drop();
        if (!isPlaceholder(first, match.located, draft) || isPlaceholder(result, match.located, draft)) {
          return drop();
        }
        removed.add(result);
        replacements.set(first, { ...result, position: first.position });
        return { description: REPLACED_PLACEHOLDER, counterpart: first.path };
      };
      repairer.repair({ code: "result-duplicated", path, position, message }, { drop: replace });
    } else if (match.kind === "misplaced") {
      const { call, owner } = match.located;
      const move = () => {
        removed.add(result);
        addInsertion(insertions, owner, { ...result, position: owner.position });
        return { description: "A repair moves it there.", counterpart: call.path };
      };
      const message = "The result does not follow its call directly.";
      repairer.repair({ code: "result-misplaced", path, position, message }, { move, drop });
    }
  }
  removeEntries(draft, removed);
  draft.entries = draft.entries.map((entry) => replacements.get(entry) ?? entry);
  insertResults(draft, insertions);
}

const REPLACED_PLACEHOLDER =
  "A repair keeps it instead of the other one, which only says that the call was interrupted.";

/** Returns whether a result is the one that an earlier repair added to its call. */
function isPlaceholder(result: MessageEntry, { call, owner }: LocatedCall, { form }: RepairDraft): boolean {
  if (result.value["content"] === INTERRUPTED_RESULT) return true;
  const added = form.newResult(idOf(call), INTERRUPTED_RESULT, owner.source);
  return canonicalJson(form.write(result)) === canonicalJson(added);
}

function addMissingResults(draft: RepairDraft, repairer: Repairer): void {
  const pairing = pairDraft(draft);
  const drops = collectCallDrops(draft, pairing);
  const insertions: Insertions = new Map();
  for (const located of pairing.calls) {
    const { call, owner } = located;
    if (pairing.resultOf.has(call) || pairing.waiting.has(call)) continue;
    const { path } = call;
    const message = "The call does not have a result.";
    const synthesize = (): string => {
      const result = draft.form.newResult(idOf(call), INTERRUPTED_RESULT, owner.source);
      addInsertion(insertions, owner, draft.form.read(result, path, owner.position));
      return "A repair adds a result that says the call was interrupted.";
    };
    repairer.repair(
      { code: "result-missing", path, position: owner.position, message },
      { synthesize, drop: () => drops.drop(located) },
    );
  }
  drops.apply();
  insertResults(draft, insertions);
}

function addInsertion(insertions: Insertions, owner: MessageEntry, result: MessageEntry): void {
  const results = insertions.get(owner);
  if (results === undefined) insertions.set(owner, [result]);
  else results.push(result);
}

/** Inserts results after the response that contains their calls, and after the results that it already has. */
function insertResults(draft: RepairDraft, insertions: Insertions): void {
  if (insertions.size === 0) return;
  let pending: readonly MessageEntry[] = [];
  let followsResult = false;
  const entries = draft.entries.flatMap((entry) => {
    const isResult = roleOf(entry) === "tool";
    const isOfResponse = draft.form.mayPrecedeResult(entry) && !followsResult && !isAnswer(entry);
    const inserted = isResult || isOfResponse ? [] : pending;
    pending = [...(inserted === pending ? [] : pending), ...(insertions.get(entry) ?? [])];
    followsResult = isResult;
    return [...inserted, entry];
  });
  draft.entries = [...entries, ...pending];
}

/** Returns whether the message is text of the assistant without calls. */
function isAnswer(entry: MessageEntry): boolean {
  return roleOf(entry) === "assistant" && entry.calls.length === 0;
}
