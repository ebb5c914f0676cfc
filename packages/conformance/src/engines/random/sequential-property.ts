import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { LIST_ORDERS } from "../../utilities/list-orders.ts";
import { range } from "../../utilities/parallel.ts";
import { stoppedClock } from "../../utilities/stopped-clock.ts";
import { appendCalls } from "./append-calls.ts";
import type { ThreadValues } from "./arbitraries.ts";
import type { Clients } from "./command.ts";
import { openFixture } from "./fixture.ts";
import { checkListing, listingCalls, reopenCalls } from "./listing-calls.ts";
import { Model } from "./model.ts";
import { randomCalls, type RunContext } from "./random-calls.ts";
import { threadCalls } from "./thread-calls.ts";

export interface SequentialOptions {
  readonly clients: number;
  /** Whether clients close and reopen their store between calls. */
  readonly reopens: boolean;
  readonly threads: ThreadValues;
  /** Whether clients list threads between other calls, and the clock advances. */
  readonly lists: boolean;
  /** The number of runs with quick effort. */
  readonly quickRuns: number;
  /** The limit of the case, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
}

/** Makes random calls one after another and compares each with a model of the contract. */
export async function sequentialProperty(
  context: RunContext & Pick<CaseContext, "open" | "close" | "recencyPrecisionMs">,
  { clients: count, reopens, threads, lists, quickRuns, timeoutMs }: SequentialOptions,
): Promise<void> {
  const clock = stoppedClock();
  const open = (): Promise<ThreadStore> => context.open({ now: clock.now });
  const fixture = await openFixture(
    range(count).map(() => open),
    context.close,
  );
  await randomCalls(context, {
    kinds: [
      ...threadCalls(threads),
      ...appendCalls(threads),
      ...(lists ? listingCalls : []),
      ...(reopens ? reopenCalls : []),
    ],
    defaultRuns: { quick: quickRuns, full: 200 }[context.settings.effort],
    maxCalls: 40,
    timeoutMs,
    openLane: async () => (ids) => {
      const model = new Model(ids, clock, context.recencyPrecisionMs === 0);
      const clients = fixture.nextRun();
      return { model, clients, end: () => checkBothListings(model, clients) };
    },
  });
}

async function checkBothListings(model: Model, clients: Clients): Promise<void> {
  model.trace.push("at the end: list both namespaces");
  for (const namespace of [0, 1] as const) {
    const listing = { client: 1, namespace, limit: 2, whose: undefined };
    for (const order of LIST_ORDERS) await checkListing(model, clients, { ...listing, order });
  }
}
