import { type SaveOptions, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import {
  type Outcome,
  fail,
  describeError,
  expectEqual,
  expectTrue,
  loadExisting,
  outcomeOf,
} from "../../suite/expectations.ts";
import { itemAt, range } from "../../utilities/parallel.ts";

/** Returns the only outcome that succeeded. The others must be CONFLICT. */
export function onlyWinner<T>(outcomes: readonly Outcome<T>[], expectation: string): T {
  const winners = outcomes.flatMap((each) => (each.state === "resolved" ? [each.value] : []));
  for (const each of outcomes) {
    if (each.state === "resolved" || ThreadStoreError.is(each.error, "CONFLICT")) continue;
    fail(`the loser of a race gets CONFLICT`, `one got ${describeError(each.error)}`);
  }
  const [winner] = winners;
  if (winner === undefined || winners.length !== 1)
    fail(expectation, `${winners.length} of ${outcomes.length} succeeded`);
  return winner;
}

/** More than the size up to which stores often keep a record in one piece. */
const LONG_THREAD_BYTES = 300_000;

const HOUR_MS = 3_600_000;

/** A kind of thread that a store may write on another path than short ones of its root namespace. */
interface RacedThreads {
  readonly id: string;
  /** The kind in words, for failures. */
  readonly kind: string;
  readonly viewOf: (store: ThreadStore) => ThreadStore;
  readonly text: string;
  readonly options: SaveOptions;
}

function racedThreads(maxThreadBytes: number): RacedThreads[] {
  const length = Math.min(LONG_THREAD_BYTES, maxThreadBytes - 1000);
  const plain = { viewOf: (store: ThreadStore) => store, text: "", options: {} };
  return [
    { ...plain, id: "long", kind: `a thread of ${length} bytes`, text: "x".repeat(length) },
    {
      ...plain,
      id: "nested",
      kind: "a thread in a nested namespace",
      viewOf: (store) => store.namespace("outer").namespace("inner"),
    },
    { ...plain, id: "expiring", kind: "a thread with an expiry", options: { ttlMs: HOUR_MS } },
  ];
}

/** Lets clients create, replace and delete each kind of thread at the same time. */
export async function raceForEachKind({ open, maxThreadBytes, settings }: CaseContext): Promise<void> {
  const clients = await Promise.all(range(4).map(() => open()));
  for (const kind of racedThreads(maxThreadBytes)) {
    const views = clients.map(kind.viewOf);
    for (const round of range({ quick: 1, full: 5 }[settings.effort])) await raceFor(kind, views, round);
  }
}

async function raceFor(
  { id: kindId, kind, text, options }: RacedThreads,
  views: readonly ThreadStore[],
  round: number,
): Promise<void> {
  const id = `${kindId}-${round}`;
  const created = onlyWinner(
    await Promise.all(range(8).map((n) => outcomeOf(() => itemAt(views, n).save(id, { text, n }, options)))),
    `of 8 creations of ${kind} exactly one succeeds`,
  );
  const replaced = onlyWinner(
    await Promise.all(
      range(8).map((n) =>
        outcomeOf(() => itemAt(views, n).save(id, { text, n, again: true }, { previous: created })),
      ),
    ),
    `of 8 saves of ${kind} from one version exactly one succeeds`,
  );
  for (const view of views) {
    const { version, json, expiresAt } = await loadExisting(view, id, `${kind} can be loaded after a race`);
    expectEqual(version, replaced.version, `every client loads the winner's version of ${kind}`);
    expectTrue(json === replaced.json, `every client loads the winner's content of ${kind}`, "it differs");
    expectEqual(expiresAt, replaced.expiresAt, `every client loads the winner's expiry of ${kind}`);
  }
  const [one, two] = [itemAt(views, round), itemAt(views, round + 1)];
  const calls: (() => Promise<unknown>)[] = [
    () => one.save(id, { text, last: true }, { previous: replaced }),
    () => two.delete(id, { previous: replaced }),
  ];
  if (round % 2 === 0) calls.reverse();
  const winner = onlyWinner(
    await Promise.all(calls.map((call) => outcomeOf(call))),
    `of a save and a delete of ${kind} at one version exactly one succeeds`,
  );
  const stored = await two.load(id);
  expectEqual(stored === undefined, winner === true, `${kind} is gone exactly if its delete won`);
}
