import type { StoredThread, ThreadMetadata } from "@threadstore/core";
import { expectTrue, expectEqual, show } from "../../suite/expectations.ts";
import type { Clock } from "../../utilities/stopped-clock.ts";

/** The expected result of a load. Times are milliseconds since the epoch. */
export interface Expected {
  readonly version: string;
  readonly json: string;
  readonly metadata: ThreadMetadata;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  /** The remembered keys of appends, the latest last. */
  readonly keys: readonly string[];
}

/** Everything saved at one id and returned for it, even if the thread was deleted and created again. */
export interface ThreadRecord {
  current: Expected | undefined;
  /** All versions so far, the latest last. */
  readonly versions: string[];
  /** The threads that calls have returned, by version. */
  readonly returnedThreads: Map<string, StoredThread>;
}

/** A listing whose pages are requested one at a time, with other calls in between. */
export interface ListingInProgress {
  readonly limit: number;
  readonly cursor: string;
  /** The threads that have existed without interruption since the listing began. */
  readonly persistentIds: Set<string>;
  readonly listedIds: readonly string[];
}

/** The second namespace is inside the first. */
export type NamespaceIndex = 0 | 1;

/** A minimal model of the contract for sequential calls. */
export class Model {
  readonly ids: readonly string[];
  readonly clock: Clock;
  /** Whether a listing by recency is ordered by `updatedAt`, and not by the backend's own clock. */
  readonly isRecencyExact: boolean;
  /** Descriptions of the calls so far and of their outcomes, for failure messages. */
  readonly trace: string[] = [];
  readonly listings: [ListingInProgress | undefined, ListingInProgress | undefined] = [undefined, undefined];
  readonly #threads: readonly [Map<string, ThreadRecord>, Map<string, ThreadRecord>] = [new Map(), new Map()];

  constructor(ids: readonly string[], clock: Clock, isRecencyExact: boolean) {
    this.ids = ids;
    this.clock = clock;
    this.isRecencyExact = isRecencyExact;
  }

  recordOf(namespace: NamespaceIndex, id: string): ThreadRecord {
    const record = this.#threads[namespace].get(id) ?? {
      current: undefined,
      versions: [],
      returnedThreads: new Map(),
    };
    this.#threads[namespace].set(id, record);
    return record;
  }

  live(namespace: NamespaceIndex, id: string): Expected | undefined {
    const { current } = this.recordOf(namespace, id);
    return current?.expiresAt !== undefined && current.expiresAt <= this.clock.now() ? undefined : current;
  }

  /** Returns the live threads by id. */
  allLive(namespace: NamespaceIndex): Map<string, Expected> {
    const pairs = [...this.#threads[namespace].keys()].map((id) => [id, this.live(namespace, id)] as const);
    return new Map(pairs.flatMap(([id, expected]) => (expected === undefined ? [] : [[id, expected]])));
  }

  /** Returns the versions of all other threads. */
  versionsOfOthers(namespace: NamespaceIndex, id: string): string[] {
    return this.#threads.flatMap((threads, index) =>
      [...threads].flatMap(([other, { versions }]) => (index === namespace && other === id ? [] : versions)),
    );
  }

  /** Records a save, append or touch that succeeded and returned this version. */
  recordChange(
    namespace: NamespaceIndex,
    { id, version }: { readonly id: string; readonly version: string },
    expected: Omit<Expected, "version">,
  ): void {
    const record = this.recordOf(namespace, id);
    expectTrue(
      typeof version === "string" && !record.versions.includes(version),
      "every change of a thread returns a new version",
      `it returned ${show(version)} again`,
    );
    record.versions.push(version);
    record.current = { ...expected, version };
  }

  recordDelete(namespace: NamespaceIndex, id: string): void {
    this.recordOf(namespace, id).current = undefined;
    this.listings[namespace]?.persistentIds.delete(id);
  }

  /** Advances the clock, or sets it back, but not so far that an expired thread would exist again. */
  advance(milliseconds: number): void {
    const now = this.clock.now();
    const expiries = this.#threads.flatMap((threads) =>
      [...threads.values()].flatMap(({ current }) => current?.expiresAt ?? []),
    );
    const earliest = Math.max(...expiries.filter((expiry) => expiry <= now));
    this.clock.advance(Math.max(milliseconds, Math.min(0, earliest - now)));
    for (const namespace of [0, 1] as const)
      for (const id of this.listings[namespace]?.persistentIds ?? [])
        if (this.live(namespace, id) === undefined) this.listings[namespace]?.persistentIds.delete(id);
  }

  /**
   * Asserts that a returned thread is as expected and remembers it, since callers pass it to later calls. `subject` is
   * the start of the failure message, such as "load returns".
   */
  checkReturned(
    namespace: NamespaceIndex,
    id: string,
    stored: StoredThread | undefined,
    subject: string,
  ): void {
    const expected = this.live(namespace, id);
    if (expected === undefined || stored === undefined) {
      expectEqual(
        stored?.json,
        expected?.json,
        `${subject} the last saved thread, or undefined if none exists`,
      );
      return;
    }
    expectEqual(
      { id: stored.id, ...factsOf(stored), json: stored.json, metadata: stored.metadata },
      { id, ...factsOf(expected), json: expected.json, metadata: expected.metadata },
      `${subject} the thread, version, size, times and metadata of the last save`,
    );
    expectEqual(stored.thread, JSON.parse(expected.json), `${subject} the parsed thread`);
    this.recordOf(namespace, id).returnedThreads.set(stored.version, stored);
  }
}

/** Returns the facts that summaries contain as well, in a form that can be compared. */
export function factsOf(each: Expected | Omit<StoredThread, "id" | "json" | "thread" | "metadata">): object {
  const { version, createdAt, updatedAt, expiresAt } = each;
  const size = "size" in each ? each.size : Buffer.byteLength(each.json);
  const [created, updated, expires] = [createdAt, updatedAt, expiresAt].map((time) =>
    time === undefined ? undefined : Number(time),
  );
  return { version, size, createdAt: created, updatedAt: updated, expiresAt: expires };
}
