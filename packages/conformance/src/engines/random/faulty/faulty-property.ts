import type { CaseContext } from "../../../suite/conformance-case.ts";
import { show } from "../../../suite/expectations.ts";
import { range } from "../../../utilities/parallel.ts";
import { protocolOf } from "../../fault-proxy/refusals.ts";
import type { ThreadValues } from "../arbitraries.ts";
import { openFixture } from "../fixture.ts";
import { randomCalls, type RunContext, type StartRun } from "../random-calls.ts";
import { FAULT_KINDS } from "./faults.ts";
import { faultyCalls } from "./faulty-calls.ts";
import { type FaultyClients, FaultyModel, OBSERVER } from "./faulty-model.ts";

export interface FaultyOptions {
  readonly threads: ThreadValues;
  /** The number of runs with quick effort. */
  readonly quickRuns: number;
  /** The limit of the case, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  /** How long a failing list of calls may be shrunk, in milliseconds. */
  readonly shrinkingMs?: number;
}

/** Just enough to recover from the faults, since each retry waits twice as long as the one before. */
const MAX_RETRIES = 3;

/** Several, because calls spend most of their time waiting for retries. */
const LANES = 4;

type FaultyContext = RunContext & Pick<CaseContext, "open" | "openThrough" | "startProxy" | "close">;

/**
 * Makes random calls one after another, many of them with a fault of the network, and compares the results with all
 * states that the thread may be in.
 */
export async function faultyProperty(
  context: FaultyContext,
  { threads, quickRuns, ...options }: FaultyOptions,
): Promise<void> {
  await randomCalls<FaultyModel, FaultyClients>(context, {
    kinds: faultyCalls(threads),
    moreLabels: FAULT_KINDS.map((kind) => `fault: ${kind}`),
    lanes: LANES,
    openLane: () => openLane(context),
    defaultRuns: { quick: quickRuns, full: 48 }[context.settings.effort],
    maxCalls: 60,
    ...options,
  });
}

/** Opens the clients of a lane. All except the observer connect through the lane's proxy. */
async function openLane(context: FaultyContext): Promise<StartRun<FaultyModel, FaultyClients>> {
  const proxy = await context.startProxy();
  const throughProxy = range(OBSERVER).map(
    () => () => context.openThrough(proxy, { maxRetries: MAX_RETRIES }),
  );
  const openings = [...throughProxy, () => context.open()];
  const fixture = await openFixture(openings, context.close, String(proxy.port));
  const { view } = fixture.nextRun();
  const protocol = await protocolOf(proxy, async () => {
    for (const client of range(OBSERVER + 1)) await view(client, 0).save("warm", {}, { overwrite: true });
  });
  return (ids, tally) => {
    const model = new FaultyModel(ids, tally);
    const clients = { ...fixture.nextRun(), proxy, protocol };
    return { model, clients, end: () => loadAll(model, clients) };
  };
}

async function loadAll(model: FaultyModel, { view }: FaultyClients): Promise<void> {
  for (const id of model.ids) {
    for (const client of range(OBSERVER + 1)) {
      model.trace.push(`at the end: client ${client + 1}: load ${show(id)}`);
      model.recordLoad(id, await view(client, 0).load(id), `the final load by client ${client + 1}`);
    }
  }
}
