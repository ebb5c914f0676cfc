import type { CallRecord } from "../thread/turn-record.ts";
import {
  answeredIdOf,
  type CallEntry,
  idOf,
  type LocatedCall,
  type MessageEntry,
  roleOf,
} from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import type { RepairDraft } from "./repair-draft.ts";

/** The call that a result answers, if any. */
export type ResultMatch =
  /** The result follows the message of its call directly. */
  | { readonly kind: "paired"; readonly located: LocatedCall }
  /** The result is somewhere else. */
  | { readonly kind: "misplaced"; readonly located: LocatedCall }
  /** The call already has a result. */
  | { readonly kind: "duplicated"; readonly located: LocatedCall }
  | { readonly kind: "orphaned" };

/** The tool-call pairing of a thread. */
export interface Pairing {
  readonly calls: readonly LocatedCall[];
  readonly resultOf: ReadonlyMap<CallEntry, MessageEntry>;
  readonly matches: ReadonlyMap<MessageEntry, ResultMatch>;
  /** The calls without a result that the open turn lists. */
  readonly waiting: ReadonlySet<CallEntry>;
}

/** A message with the results and calls that may follow it before the next message, in order. */
interface CallGroup {
  /** The calls of the group's first message. */
  readonly firstCalls: readonly LocatedCall[];
  readonly calls: readonly LocatedCall[];
  readonly results: readonly MessageEntry[];
  readonly events: readonly (LocatedCall | MessageEntry)[];
}

type Assign = (result: MessageEntry, match: ResultMatch) => void;
type CallsById = ReadonlyMap<string, LocatedCall[]>;

const NO_CALLS: CallsById = new Map();

/** Decides which result belongs to which call in a corrupt thread. `records` are those of the open turn. */
export function pairResults(
  { entries, form }: Pick<RepairDraft, "entries" | "form">,
  records: readonly CallRecord[] = [],
): Pairing {
  const groups = groupEntries(entries, form);
  const resultOf = new Map<CallEntry, MessageEntry>();
  const matches = new Map<MessageEntry, ResultMatch>();
  const assign: Assign = (result, match) => {
    matches.set(result, match);
    if (match.kind === "paired" || match.kind === "misplaced") resultOf.set(match.located.call, result);
  };
  for (const group of groups) pairWithinGroup(group, assign);
  const waiting = findWaiting(groups.at(-1), resultOf, records);
  const isUnanswered = ({ call }: LocatedCall): boolean => !resultOf.has(call) && !waiting.has(call);
  const unanswered = new Map<string, LocatedCall[]>();
  const lastCallById = new Map<string, LocatedCall>();
  let strays: MessageEntry[] = [];
  for (const { firstCalls, calls, results } of groups) {
    // A stray directly before the message of its call was written in the wrong order. One from an earlier group
    // answers another call: some servers use the same ids in each turn.
    const nextCalls = strays.length === 0 ? NO_CALLS : groupById(firstCalls.filter(isUnanswered));
    for (const stray of strays) assign(stray, matchStray(answeredIdOf(stray), nextCalls, lastCallById));
    strays = [];
    for (const located of calls) {
      lastCallById.set(idOf(located.call), located);
      if (isUnanswered(located)) append(unanswered, idOf(located.call), located);
    }
    const unmatched = results.filter((result) => !matches.has(result));
    const answered =
      unmatched.length === 0 ? NO_CALLS : groupById(calls.filter(({ call }) => resultOf.has(call)));
    for (const result of unmatched) {
      const match = matchUnpaired(answeredIdOf(result), answered, unanswered);
      if (match === undefined) strays.push(result);
      else assign(result, match);
    }
  }
  for (const stray of strays) assign(stray, matchStray(answeredIdOf(stray), NO_CALLS, lastCallById));
  return { calls: groups.flatMap(({ calls }) => calls), resultOf, matches, waiting };
}

function groupEntries(entries: readonly MessageEntry[], form: WireForm): CallGroup[] {
  const groups: MessageEntry[][] = [[]];
  for (const entry of entries) {
    if (roleOf(entry) === "tool" || form.mayPrecedeResult(entry)) groups.at(-1)?.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => {
    const events = group.flatMap(toEvents);
    const calls = events.filter(isCall);
    const results = events.filter((event): event is MessageEntry => !isCall(event));
    return { firstCalls: calls.filter(({ owner }) => owner === group[0]), calls, results, events };
  });
}

function toEvents(entry: MessageEntry): readonly (LocatedCall | MessageEntry)[] {
  return roleOf(entry) === "tool" ? [entry] : entry.calls.map((call) => ({ call, owner: entry }));
}

function isCall(event: LocatedCall | MessageEntry): event is LocatedCall {
  return "owner" in event;
}

/** Pairs by id, in order, because a message may use an id twice. Then pairs calls and results without an id. */
function pairWithinGroup({ calls, events }: CallGroup, assign: Assign): void {
  if (calls.length === 0) return;
  const callsById = new Map<string, LocatedCall[]>();
  const pairedCounts = new Map<string, number>();
  const paired = new Set<LocatedCall>();
  const unpaired: UnpairedResult[] = [];
  let callCount = 0;
  for (const event of events) {
    if (isCall(event)) {
      append(callsById, idOf(event.call), event);
      callCount += 1;
      continue;
    }
    const id = answeredIdOf(event);
    const pairedCount = pairedCounts.get(id) ?? 0;
    const located = callsById.get(id)?.[pairedCount];
    if (located === undefined) {
      unpaired.push({ result: event, callCount });
    } else {
      pairedCounts.set(id, pairedCount + 1);
      paired.add(located);
      assign(event, { kind: "paired", located });
    }
  }
  pairWithoutId(calls, paired, unpaired, assign);
}

interface UnpairedResult {
  readonly result: MessageEntry;
  /** The number of calls before the result in its group. */
  readonly callCount: number;
}

function pairWithoutId(
  calls: readonly LocatedCall[],
  paired: Set<LocatedCall>,
  unpaired: readonly UnpairedResult[],
  assign: Assign,
): void {
  const open = calls.flatMap((located, order) => (paired.has(located) ? [] : [{ located, order }]));
  const all = open.toReversed();
  const withoutId = all.filter(({ located }) => idOf(located.call) === "");
  for (const { result, callCount } of unpaired) {
    const candidates = answeredIdOf(result) === "" ? all : withoutId;
    while (paired.has(candidates.at(-1)?.located as LocatedCall)) candidates.pop();
    const candidate = candidates.at(-1);
    // A call cannot follow its result.
    if (candidate === undefined || candidate.order >= callCount) continue;
    paired.add(candidate.located);
    assign(result, { kind: "paired", located: candidate.located });
  }
}

function findWaiting(
  lastGroup: CallGroup | undefined,
  resultOf: ReadonlyMap<CallEntry, MessageEntry>,
  records: readonly CallRecord[],
): Set<CallEntry> {
  const ids = new Set(records.map(({ callId }) => callId));
  const open = (lastGroup?.calls ?? []).map(({ call }) => call).filter((call) => !resultOf.has(call));
  return new Set(open.filter((call) => ids.delete(idOf(call))));
}

/** Matches a result that is not paired within its group. Returns `undefined` if it may be a stray. */
function matchUnpaired(id: string, answered: CallsById, unanswered: CallsById): ResultMatch | undefined {
  const answeredCall = answered.get(id)?.at(-1);
  if (answeredCall !== undefined) return { kind: "duplicated", located: answeredCall };
  const located = id === "" ? undefined : unanswered.get(id)?.pop();
  return located === undefined ? undefined : { kind: "misplaced", located };
}

/** Matches a result that answers no earlier call. `nextCalls` are the unanswered calls directly after it. */
function matchStray(
  id: string,
  nextCalls: CallsById,
  lastCallById: ReadonlyMap<string, LocatedCall>,
): ResultMatch {
  if (id === "") return { kind: "orphaned" };
  const next = nextCalls.get(id)?.pop();
  if (next !== undefined) return { kind: "misplaced", located: next };
  const earlier = lastCallById.get(id);
  return earlier === undefined ? { kind: "orphaned" } : { kind: "duplicated", located: earlier };
}

/** Groups calls by id, the first call last. */
function groupById(calls: readonly LocatedCall[]): CallsById {
  const groups = new Map<string, LocatedCall[]>();
  for (const located of calls.toReversed()) append(groups, idOf(located.call), located);
  return groups;
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
