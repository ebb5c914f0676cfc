import type { JsonValue, SerializedThread } from "@threadstore/core";
import type { MemberDiff } from "../history-store.ts";

/** Returns the members that differ between two threads, in the order of the second one. */
export function diffMembers(from: SerializedThread, to: SerializedThread): MemberDiff[] {
  const names = new Set([...Object.keys(to), ...Object.keys(from)]);
  return [...names].flatMap((name) => {
    const [before, after] = [ownMember(from, name), ownMember(to, name)];
    if (isEqual(before, after)) return [];
    return Array.isArray(before) && Array.isArray(after)
      ? diffElements(name, before, after)
      : { name, start: undefined, removed: listOf(before), added: listOf(after) };
  });
}

function ownMember(thread: SerializedThread, name: string): JsonValue | undefined {
  return Object.hasOwn(thread, name) ? thread[name] : undefined;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return value === undefined ? [] : [value];
}

function diffElements(name: string, before: readonly JsonValue[], after: readonly JsonValue[]): MemberDiff {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isEqual(before[start], after[start])) start += 1;
  let tail = 0;
  while (tail < shorter - start && isEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  return {
    name,
    start,
    removed: before.slice(start, before.length - tail),
    added: after.slice(start, after.length - tail),
  };
}

function isEqual(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
