import { idOf, removeEntries, roleOf, setMember, type Draft, type Entry } from "./draft.ts";
import { dropCalls } from "./drop-calls.ts";
import { interruptedResult } from "./interrupted.ts";
import type { Mender } from "./mender.ts";
import type { Pairing, ResultFate } from "./pairing.ts";
import { pairDraft } from "./turn.ts";

/** Gives each call one result, directly behind its message. */
export function mendResults(draft: Draft, mender: Mender): void {
  placeResults(draft, mender);
  completeResults(draft, mender);
}

/** Results to be put behind the messages of their calls. */
type Additions = Map<Entry, Entry[]>;

function placeResults(draft: Draft, mender: Mender): void {
  const pairing = pairDraft(draft);
  const removed = new Set<Entry>();
  const additions: Additions = new Map();
  for (const [result, fate] of pairing.fates) {
    const { path, position } = result;
    const drop = (): string => {
      removed.add(result);
      return "it was dropped";
    };
    if (fate.kind === "orphaned") {
      const message = "this result answers no call";
      mender.mend({ code: "result-orphaned", path, position, message }, { drop });
    } else if (fate.kind === "duplicated") {
      const message = "the call that this result answers has one already";
      mender.mend(
        { code: "result-duplicated", path, position, message },
        { drop: () => dropDuplicate(result, fate, pairing, removed) },
      );
    } else if (fate.kind === "misplaced") {
      const { slot, entry } = fate.call;
      const move = () => {
        removed.add(result);
        add(additions, entry, { ...result, position: entry.position });
        return { what: "it was moved there", counterpart: slot.path };
      };
      const message = "this result does not stand directly behind its call";
      mender.mend({ code: "result-misplaced", path, position, message }, { move, drop });
    }
  }
  removeEntries(draft, removed);
  insert(draft, additions);
}

/** Keeps the first result, unless all that it says is that there was none. */
function dropDuplicate(
  result: Entry,
  fate: ResultFate & { readonly kind: "duplicated" },
  pairing: Pairing,
  removed: Set<Entry>,
) {
  removed.add(result);
  const kept = pairing.resultOf.get(fate.call.slot);
  const isReal = result.message["content"] !== interruptedResult;
  if (kept === undefined || !isReal || kept.message["content"] !== interruptedResult) return "it was dropped";
  setMember(kept, "content", result.message["content"] ?? "");
  return {
    what: "it took the place of the other, which only said that the call was interrupted",
    counterpart: kept.path,
  };
}

function completeResults(draft: Draft, mender: Mender): void {
  const pairing = pairDraft(draft);
  const drops = dropCalls(draft, pairing);
  const additions: Additions = new Map();
  for (const call of pairing.calls) {
    const { slot, entry } = call;
    if (pairing.resultOf.has(slot) || pairing.waiting.has(slot)) continue;
    const { path } = slot;
    const message = "this call has no result";
    const synthesize = (): string => {
      const result = draft.wire.newResult(idOf(slot), interruptedResult);
      add(additions, entry, draft.wire.read(result, path, entry.position));
      return "a result was added that says it was interrupted";
    };
    mender.mend(
      { code: "result-missing", path, position: entry.position, message },
      { synthesize, drop: () => drops.drop(call) },
    );
  }
  drops.finish();
  insert(draft, additions);
}

function add(additions: Additions, entry: Entry, result: Entry): void {
  const list = additions.get(entry);
  if (list === undefined) additions.set(entry, [result]);
  else list.push(result);
}

/** Puts results behind the answer that calls, and behind the results that it has already. */
function insert(draft: Draft, additions: Additions): void {
  if (additions.size === 0) return;
  let pending: readonly Entry[] = [];
  let isAnswered = false;
  const entries = draft.entries.flatMap((entry) => {
    const isResult = roleOf(entry) === "tool";
    const isOfAnswer = draft.wire.mayComeBetween(entry) && !isAnswered && !isSpoken(entry);
    const before = isResult || isOfAnswer ? [] : pending;
    pending = [...(before === pending ? [] : pending), ...(additions.get(entry) ?? [])];
    isAnswered = isResult;
    return [...before, entry];
  });
  draft.entries = [...entries, ...pending];
}

function isSpoken(entry: Entry): boolean {
  return roleOf(entry) === "assistant" && entry.calls.length === 0;
}
