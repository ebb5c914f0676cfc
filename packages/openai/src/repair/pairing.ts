import type { CallRecord } from "../thread/turn-record.ts";
import { answeredIdOf, idOf, roleOf, type CallSlot, type Entry } from "./draft.ts";

/** A call, and the message that it stands in. */
export interface PlacedCall {
  readonly slot: CallSlot;
  readonly entry: Entry;
}

/** What became of a result. */
export type ResultFate =
  /** It stands directly behind the message of its call. */
  | { readonly kind: "paired"; readonly call: PlacedCall }
  /** It stands somewhere else. */
  | { readonly kind: "misplaced"; readonly call: PlacedCall }
  /** Its call has a result already. */
  | { readonly kind: "duplicated"; readonly call: PlacedCall }
  | { readonly kind: "orphaned" };

/** Which result belongs to which call. */
export interface Pairing {
  readonly calls: readonly PlacedCall[];
  readonly resultOf: ReadonlyMap<CallSlot, Entry>;
  readonly fates: ReadonlyMap<Entry, ResultFate>;
  /** The calls without a result that the open turn goes on with. */
  readonly waiting: ReadonlySet<CallSlot>;
}

/** A message, its calls, and the results that stand directly behind it. */
interface Unit {
  readonly calls: PlacedCall[];
  readonly results: Entry[];
}

/** Finds out which result belongs to which call, whatever is wrong with either. `records` are the open turn's. */
export function pairUp(entries: readonly Entry[], records: readonly CallRecord[] = []): Pairing {
  const units = findUnits(entries);
  const resultOf = new Map<CallSlot, Entry>();
  const fates = new Map<Entry, ResultFate>();
  const settle: Settle = (result, fate) => {
    fates.set(result, fate);
    if (fate.kind === "paired" || fate.kind === "misplaced") resultOf.set(fate.call.slot, result);
  };
  for (const unit of units) pairWithin(unit, settle);
  const waiting = findWaiting(units.at(-1), resultOf, records);
  const isFree = ({ slot }: PlacedCall): boolean => !resultOf.has(slot) && !waiting.has(slot);
  const open = new Map<string, PlacedCall[]>();
  const seen = new Map<string, PlacedCall>();
  let strays: Entry[] = [];
  for (const { calls, results } of units) {
    // A result just before the message of its call was written in the wrong order. One from further ahead is of
    // another call: there are servers that begin with the same ids in each turn.
    const next = strays.length === 0 ? noCalls : groupById(calls.filter(isFree));
    for (const stray of strays) settle(stray, explainStray(answeredIdOf(stray), next, seen));
    strays = [];
    for (const call of calls) {
      seen.set(idOf(call.slot), call);
      if (isFree(call)) append(open, idOf(call.slot), call);
    }
    const left = results.filter((result) => !fates.has(result));
    const own = left.length === 0 ? noCalls : groupById(calls);
    for (const result of left) {
      const fate = explain(answeredIdOf(result), own, open);
      if (fate === undefined) strays.push(result);
      else settle(result, fate);
    }
  }
  for (const stray of strays) settle(stray, explainStray(answeredIdOf(stray), noCalls, seen));
  return { calls: units.flatMap(({ calls }) => calls), resultOf, fates, waiting };
}

type Settle = (result: Entry, fate: ResultFate) => void;
type CallsById = ReadonlyMap<string, PlacedCall[]>;

const noCalls: CallsById = new Map();

function findUnits(entries: readonly Entry[]): Unit[] {
  const units: Unit[] = [{ calls: [], results: [] }];
  for (const entry of entries) {
    if (roleOf(entry) === "tool") units.at(-1)?.results.push(entry);
    else units.push({ calls: entry.calls.map((slot) => ({ slot, entry })), results: [] });
  }
  return units;
}

/** By id, in order, since a message may have the same id twice; then whatever has no id. */
function pairWithin({ calls, results }: Unit, settle: Settle): void {
  if (calls.length === 0) return;
  const byId = groupById(calls);
  const paired = new Set<PlacedCall>();
  const pair = (result: Entry, call: PlacedCall | undefined): boolean => {
    if (call === undefined) return false;
    paired.add(call);
    settle(result, { kind: "paired", call });
    return true;
  };
  const left = results.filter((result) => !pair(result, byId.get(answeredIdOf(result))?.pop()));
  const open = calls.filter((call) => !paired.has(call)).toReversed();
  const nameless = open.filter(({ slot }) => idOf(slot) === "");
  for (const result of left) {
    const candidates = answeredIdOf(result) === "" ? open : nameless;
    let call = candidates.pop();
    while (call !== undefined && paired.has(call)) call = candidates.pop();
    pair(result, call);
  }
}

function findWaiting(
  last: Unit | undefined,
  resultOf: ReadonlyMap<CallSlot, Entry>,
  records: readonly CallRecord[],
): Set<CallSlot> {
  const ids = new Set(records.map(({ callId }) => callId));
  const open = (last?.calls ?? []).map(({ slot }) => slot).filter((slot) => !resultOf.has(slot));
  return new Set(open.filter((slot) => ids.delete(idOf(slot))));
}

/** What became of a result that no open call of its own unit waits for; `undefined` where it may be a stray. */
function explain(id: string, own: CallsById, open: CallsById): ResultFate | undefined {
  const answered = own.get(id)?.at(-1);
  if (answered !== undefined) return { kind: "duplicated", call: answered };
  const call = id === "" ? undefined : open.get(id)?.pop();
  return call === undefined ? undefined : { kind: "misplaced", call };
}

/** What became of a result that no call before it waits for. `next` are the open ones right behind it. */
function explainStray(id: string, next: CallsById, seen: ReadonlyMap<string, PlacedCall>): ResultFate {
  if (id === "") return { kind: "orphaned" };
  const call = next.get(id)?.pop();
  if (call !== undefined) return { kind: "misplaced", call };
  const answered = seen.get(id);
  return answered === undefined ? { kind: "orphaned" } : { kind: "duplicated", call: answered };
}

/** The calls of each id, the first one last. */
function groupById(calls: readonly PlacedCall[]): CallsById {
  const groups = new Map<string, PlacedCall[]>();
  for (const call of calls.toReversed()) append(groups, idOf(call.slot), call);
  return groups;
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
