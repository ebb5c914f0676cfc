import type { StoredThread, ThreadMetadata } from "@threadstore/core";
import { holds, same, show } from "../../suite/expectations.ts";
import type { Clock } from "../../utilities/stopped-clock.ts";

/** What a load of a thread has to find. Times are milliseconds since the epoch. */
export interface Expected {
  readonly version: string;
  readonly json: string;
  readonly metadata: ThreadMetadata;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
}

/** What the store was told of one id, and handed out, over all its lives. */
export interface ThreadRecord {
  current: Expected | undefined;
  /** Every version it ever had, the latest last. */
  readonly versions: string[];
  readonly handedOut: Map<string, StoredThread>;
}

/** A listing that is gone through page by page while other calls come between. */
export interface OpenListing {
  readonly limit: number;
  readonly cursor: string;
  /** Which of the threads that were there at its beginning have been there ever since. */
  readonly throughout: Set<string>;
  readonly seen: readonly string[];
}

/** The second lies inside the first. */
export type Space = 0 | 1;

/** The contract for one caller at a time, in as few lines as it takes. */
export class Model {
  readonly ids: readonly string[];
  readonly clock: Clock;
  /** The calls so far and what came of them, for whoever reads of a failure. */
  readonly trace: string[] = [];
  readonly listings: [OpenListing | undefined, OpenListing | undefined] = [undefined, undefined];
  readonly #threads: readonly [Map<string, ThreadRecord>, Map<string, ThreadRecord>] = [new Map(), new Map()];

  constructor(ids: readonly string[], clock: Clock) {
    this.ids = ids;
    this.clock = clock;
  }

  recordOf(space: Space, id: string): ThreadRecord {
    const record = this.#threads[space].get(id) ?? { current: undefined, versions: [], handedOut: new Map() };
    this.#threads[space].set(id, record);
    return record;
  }

  live(space: Space, id: string): Expected | undefined {
    const { current } = this.recordOf(space, id);
    return current?.expiresAt !== undefined && current.expiresAt <= this.clock.now() ? undefined : current;
  }

  /** The live threads by id. */
  allLive(space: Space): Map<string, Expected> {
    const pairs = [...this.#threads[space].keys()].map((id) => [id, this.live(space, id)] as const);
    return new Map(pairs.flatMap(([id, expected]) => (expected === undefined ? [] : [[id, expected]])));
  }

  /** Versions of every thread but this one. */
  versionsOfOthers(space: Space, id: string): string[] {
    return this.#threads.flatMap((threads, at) =>
      [...threads].flatMap(([other, { versions }]) => (at === space && other === id ? [] : versions)),
    );
  }

  /** A save went through and handed out this. */
  saved(space: Space, stored: StoredThread, expected: Omit<Expected, "version">): void {
    const record = this.recordOf(space, stored.id);
    const { version } = stored;
    holds(
      typeof version === "string" && !record.versions.includes(version),
      "every save yields a version that no save of that thread ever had",
      `it yielded ${show(version)} again`,
    );
    record.versions.push(version);
    record.current = { ...expected, version };
  }

  deleted(space: Space, id: string): void {
    this.recordOf(space, id).current = undefined;
    this.listings[space]?.throughout.delete(id);
  }

  advance(milliseconds: number): void {
    this.clock.advance(milliseconds);
    for (const space of [0, 1] as const)
      for (const id of this.listings[space]?.throughout ?? [])
        if (this.live(space, id) === undefined) this.listings[space]?.throughout.delete(id);
  }

  /** That what was handed out is what the model has; keeps it, since callers hand it in again. */
  agrees(space: Space, id: string, stored: StoredThread | undefined, call: string): void {
    const expected = this.live(space, id);
    if (expected === undefined || stored === undefined) {
      same(stored?.json, expected?.json, `${call} has what was saved last, and nothing where nothing is`);
      return;
    }
    same(
      { id: stored.id, ...factsOf(stored), json: stored.json, metadata: stored.metadata },
      { id, ...factsOf(expected), json: expected.json, metadata: expected.metadata },
      `${call} has the thread, version, size, times and metadata of the last save`,
    );
    same(stored.thread, JSON.parse(expected.json), `${call} has the thread parsed`);
    this.recordOf(space, id).handedOut.set(stored.version, stored);
  }
}

/** What summaries tell too, in a form that compares. */
export function factsOf(each: Expected | Omit<StoredThread, "json" | "thread" | "metadata">): object {
  const { version, createdAt, updatedAt, expiresAt } = each;
  const size = "size" in each ? each.size : Buffer.byteLength(each.json);
  const [created, updated, expires] = [createdAt, updatedAt, expiresAt].map((time) =>
    time === undefined ? undefined : Number(time),
  );
  return { version, size, createdAt: created, updatedAt: updated, expiresAt: expires };
}
