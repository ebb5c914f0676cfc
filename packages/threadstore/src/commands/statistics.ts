import type { WalkedPage } from "../walk/walk.ts";

/** A thread of a listing, with the namespaces that lead to it. */
export interface ListedThread {
  readonly namespaces: readonly string[];
  readonly id: string;
  readonly size: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Growth {
  readonly days: number;
  created: number;
  /** The size that the threads created since then have now. */
  bytes: number;
}

export interface Statistics {
  /** The time that `growth` counts back from. */
  readonly at: Date;
  threads: number;
  bytes: number;
  corrupt: number;
  /** The number of namespaces that contain threads. */
  namespaces: number;
  expiring: number;
  readonly growth: readonly Growth[];
  /** The thread that was created first. */
  oldest: ListedThread | undefined;
  /** The thread that was saved last. */
  latest: ListedThread | undefined;
  /** The biggest threads, the biggest first. */
  biggest: readonly ListedThread[];
}

const DAY_MS = 86_400_000;
const BIGGEST = 5;

export function emptyStatistics(now: number): Statistics {
  return {
    at: new Date(now),
    threads: 0,
    bytes: 0,
    corrupt: 0,
    namespaces: 0,
    expiring: 0,
    growth: [1, 7, 30].map((days) => ({ days, created: 0, bytes: 0 })),
    oldest: undefined,
    latest: undefined,
    biggest: [],
  };
}

/** Adds the threads of a page. */
export function include(statistics: Statistics, { namespaces, threads, isFirst }: WalkedPage): void {
  if (isFirst && threads.length > 0) statistics.namespaces += 1;
  for (const summary of threads) {
    statistics.threads += 1;
    if (summary.corrupt) {
      statistics.corrupt += 1;
      continue;
    }
    const { id, size, createdAt, updatedAt, expiresAt } = summary;
    if (expiresAt !== undefined) statistics.expiring += 1;
    includeIntact(statistics, { namespaces, id, size, createdAt, updatedAt });
  }
}

function includeIntact(statistics: Statistics, thread: ListedThread): void {
  const { size, createdAt, updatedAt } = thread;
  statistics.bytes += size;
  for (const growth of statistics.growth) {
    if (createdAt.getTime() <= statistics.at.getTime() - growth.days * DAY_MS) continue;
    growth.created += 1;
    growth.bytes += size;
  }
  if (statistics.oldest === undefined || createdAt < statistics.oldest.createdAt) statistics.oldest = thread;
  if (statistics.latest === undefined || updatedAt > statistics.latest.updatedAt) statistics.latest = thread;
  const smallest = statistics.biggest.at(-1);
  if (smallest !== undefined && statistics.biggest.length === BIGGEST && size <= smallest.size) return;
  statistics.biggest = [...statistics.biggest, thread]
    .toSorted((left, right) => right.size - left.size)
    .slice(0, BIGGEST);
}
