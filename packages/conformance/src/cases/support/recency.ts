import { setTimeout as wait } from "node:timers/promises";
import type { ListOptions, ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectEqual } from "../../suite/expectations.ts";
import { stoppedClock } from "../../utilities/stopped-clock.ts";

/** Two clients of one location, and a clock that decides which saves a listing by recency can tell apart. */
export interface RecencyFixture {
  readonly store: ThreadStore;
  readonly other: ThreadStore;
  /** Opens another client with the same clock. */
  readonly open: () => Promise<ThreadStore>;
  /** Resolves when a save counts as later than all saves before. */
  readonly pass: () => Promise<void>;
  /** Advances the clock of the clients. */
  readonly advance: (milliseconds: number) => void;
}

/** Longer than the backend's precision, because its clock may be adjusted while a case waits. */
const MARGIN_MS = 100;

export async function recencyFixture({
  open,
  recencyPrecisionMs,
  signal,
}: CaseContext): Promise<RecencyFixture> {
  const clock = stoppedClock();
  const openWithClock = (): Promise<ThreadStore> => open({ now: clock.now });
  return {
    store: await openWithClock(),
    other: await openWithClock(),
    open: openWithClock,
    async pass() {
      clock.advance(1);
      if (recencyPrecisionMs > 0) await wait(recencyPrecisionMs + MARGIN_MS, undefined, { signal });
    },
    advance: (milliseconds) => clock.advance(milliseconds),
  };
}

/** Resolves with the ids of a whole listing. */
export async function idsIn(store: ThreadStore, options: ListOptions): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.list(options)) ids.push(id);
  return ids;
}

/**
 * Expects a listing by recency to consist of these groups. The ids of a group were saved at the same time, and so are
 * in ascending order, unless the backend's own clock is the one that counts.
 */
export function expectGroups(
  { recencyPrecisionMs }: Pick<CaseContext, "recencyPrecisionMs">,
  listed: readonly string[],
  groups: readonly (readonly string[])[],
  expectation: string,
): void {
  let start = 0;
  const actual = groups.flatMap((group) => {
    const ids = listed.slice(start, (start += group.length));
    return recencyPrecisionMs > 0 ? ids.toSorted() : ids;
  });
  expectEqual(
    [...actual, ...listed.slice(start)],
    groups.flatMap((group) => group.toSorted()),
    expectation,
  );
}
