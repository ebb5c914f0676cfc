import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { range } from "../../utilities/parallel.ts";
import { stoppedClock } from "../../utilities/stopped-clock.ts";
import type { Clients } from "./command.ts";
import { openWorld } from "./fixture.ts";
import { checkListing, reopening, spaceCalls } from "./listing-calls.ts";
import { Model } from "./model.ts";
import { randomCalls, type Surroundings } from "./random-calls.ts";
import { threadCalls } from "./thread-calls.ts";

export interface SequentialOptions {
  readonly clients: number;
  /** Whether clients close and open anew on the way. */
  readonly reopens: boolean;
  /** What the case may take, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
}

/** Random calls, one after the other, each compared with a model of the contract. */
export async function sequentialProperty(
  context: Surroundings & Pick<CaseContext, "open" | "close">,
  { clients: count, reopens, timeoutMs }: SequentialOptions,
): Promise<void> {
  const clock = stoppedClock();
  const open = (): Promise<ThreadStore> => context.open({ now: clock.now });
  const openings = range(count).map(() => open);
  const world = await openWorld(openings, context.close);
  await randomCalls(context, {
    kinds: [...threadCalls, ...spaceCalls, ...(reopens ? reopening : [])],
    usualRuns: { quick: 20, full: 200 }[context.settings.effort],
    mostCalls: 40,
    timeoutMs,
    openLane: async () => (ids) => {
      const [model, clients] = [new Model(ids, clock), world.nextRun()];
      return { model, clients, end: () => listBoth(model, clients) };
    },
  });
}

async function listBoth(model: Model, clients: Clients): Promise<void> {
  model.trace.push("at the end: list of both namespaces");
  for (const space of [0, 1] as const) await checkListing(model, clients, { client: 1, space, limit: 2 });
}
