import type { CallRecord } from "../thread/turn-record.ts";
import { answeredIdOf, idOf, roleOf, type CallSlot, type Draft, type Entry, type Wire } from "./draft.ts";

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

/** What may stand between a call and its result: calls, and results, in their order. */
interface Unit {
  /** The calls of the message that the unit begins with. */
  readonly first: readonly PlacedCall[];
  readonly calls: readonly PlacedCall[];
  readonly results: readonly Entry[];
  readonly events: readonly (PlacedCall | Entry)[];
}

type Settle = (result: Entry, fate: ResultFate) => void;
type CallsById = ReadonlyMap<string, PlacedCall[]>;

const noCalls: CallsById = new Map();

/**
 * Finds out which result belongs to which call, whatever is wrong with either. `records` are the open turn's.
 */
export function pairUp(
  { entries, wire }: Pick<Draft, "entries" | "wire">,
  records: readonly CallRecord[] = [],
): Pairing {
  const units = findUnits(entries, wire);
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
  for (const { first, calls, results } of units) {
    // A result just before the message of its call was written in the wrong order. One from further ahead is of
    // another call: there are servers that begin with the same ids in each turn.
    const next = strays.length === 0 ? noCalls : groupById(first.filter(isFree));
    for (const stray of strays) settle(stray, explainStray(answeredIdOf(stray), next, seen));
    strays = [];
    for (const call of calls) {
      seen.set(idOf(call.slot), call);
      if (isFree(call)) append(open, idOf(call.slot), call);
    }
    const left = results.filter((result) => !fates.has(result));
    const own = left.length === 0 ? noCalls : groupById(calls.filter(({ slot }) => resultOf.has(slot)));
    for (const result of left) {
      const fate = explain(answeredIdOf(result), own, open);
      if (fate === undefined) strays.push(result);
      else settle(result, fate);
    }
  }
  for (const stray of strays) settle(stray, explainStray(answeredIdOf(stray), noCalls, seen));
  return { calls: units.flatMap(({ calls }) => calls), resultOf, fates, waiting };
}

function findUnits(entries: readonly Entry[], wire: Wire): Unit[] {
  const groups: Entry[][] = [[]];
  for (const entry of entries) {
    if (roleOf(entry) === "tool" || wire.mayComeBetween(entry)) groups.at(-1)?.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => {
    const events = group.flatMap(toEvents);
    const calls = events.filter(isCall);
    const results = events.filter((event): event is Entry => !isCall(event));
    return { first: calls.filter(({ entry }) => entry === group[0]), calls, results, events };
  });
}

function toEvents(entry: Entry): readonly (PlacedCall | Entry)[] {
  return roleOf(entry) === "tool" ? [entry] : entry.calls.map((slot) => ({ slot, entry }));
}

function isCall(event: PlacedCall | Entry): event is PlacedCall {
  return "slot" in event;
}

/** By id, in order, since a message may have the same id twice; then whatever has no id. */
function pairWithin({ calls, events }: Unit, settle: Settle): void {
  if (calls.length === 0) return;
  const byId = new Map<string, PlacedCall[]>();
  const heads = new Map<string, number>();
  const paired = new Set<PlacedCall>();
  const left: { readonly result: Entry; readonly callCount: number }[] = [];
  let callCount = 0;
  for (const event of events) {
    if (isCall(event)) {
      append(byId, idOf(event.slot), event);
      callCount += 1;
      continue;
    }
    const id = answeredIdOf(event);
    const head = heads.get(id) ?? 0;
    const call = byId.get(id)?.[head];
    if (call === undefined) {
      left.push({ result: event, callCount });
    } else {
      heads.set(id, head + 1);
      paired.add(call);
      settle(event, { kind: "paired", call });
    }
  }
  pairNameless(calls, paired, left, settle);
}

function pairNameless(
  calls: readonly PlacedCall[],
  paired: Set<PlacedCall>,
  left: readonly { readonly result: Entry; readonly callCount: number }[],
  settle: Settle,
): void {
  const open = calls.flatMap((call, order) => (paired.has(call) ? [] : [{ call, order }]));
  const all = open.toReversed();
  const nameless = all.filter(({ call }) => idOf(call.slot) === "");
  for (const { result, callCount } of left) {
    const candidates = answeredIdOf(result) === "" ? all : nameless;
    while (paired.has(candidates.at(-1)?.call as PlacedCall)) candidates.pop();
    const candidate = candidates.at(-1);
    // Not one that comes behind it.
    if (candidate === undefined || candidate.order >= callCount) continue;
    paired.add(candidate.call);
    settle(result, { kind: "paired", call: candidate.call });
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

/** What became of a result that was not paired within its unit; `undefined` where it may be a stray. */
function explain(id: string, answered: CallsById, open: CallsById): ResultFate | undefined {
  const own = answered.get(id)?.at(-1);
  if (own !== undefined) return { kind: "duplicated", call: own };
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
