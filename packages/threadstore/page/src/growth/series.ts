import type { Entry, StoredVersion } from "../api/types.ts";

/** Two curves over one axis: the size in bytes, and the number of turns. */
export interface Series {
  readonly x: readonly number[];
  readonly size: readonly number[];
  readonly turns: readonly (number | null)[];
  /** Whether `x` has times in seconds. Otherwise, it counts messages. */
  readonly isTime: boolean;
}

const SECOND_MS = 1000;

/** How the size and the number of turns grow from message to message: over time, if all messages have one. */
export function conversationSeries(entries: readonly Entry[]): Series {
  const x: number[] = [];
  const size: number[] = [];
  const turns: number[] = [];
  const isTime =
    entries.length > 0 && entries.every(({ createdAt }) => !Number.isNaN(Date.parse(createdAt ?? "")));
  let bytes = 0;
  let turn = 0;
  let message = -1;
  for (const entry of entries) {
    const isNew = entry.index !== message;
    message = entry.index;
    bytes += entry.bytes;
    if (isNew && entry.role === "user") turn += 1;
    if (isNew) {
      x.push(isTime ? laterThan(x.at(-1), Date.parse(entry.createdAt ?? "") / SECOND_MS) : message + 1);
      size.push(bytes);
      turns.push(turn);
    } else {
      size[size.length - 1] = bytes;
    }
  }
  return { x, size, turns, isTime };
}

/** The axis must not go backwards, but clocks can. */
function laterThan(previous: number | undefined, time: number): number {
  return previous === undefined ? time : Math.max(previous, time);
}

/** The sizes of the versions over the times of their saves. */
export function versionSeries(versions: readonly StoredVersion[]): Series {
  const ascending = versions.toReversed();
  let last: number | undefined;
  const x = ascending.map(({ savedAt }) => (last = laterThan(last, Date.parse(savedAt) / SECOND_MS)));
  return { x, size: ascending.map(({ size }) => size), turns: ascending.map(() => null), isTime: true };
}
