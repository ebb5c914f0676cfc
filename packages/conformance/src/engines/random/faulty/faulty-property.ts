import type { CaseContext } from "../../../suite/conformance-case.ts";
import { show } from "../../../suite/expectations.ts";
import { range } from "../../../utilities/parallel.ts";
import { protocolOf } from "../../fault-proxy/refusals.ts";
import { openWorld } from "../fixture.ts";
import { type Begin, randomCalls, type Surroundings } from "../random-calls.ts";
import { faultKinds } from "./faults.ts";
import { faultyCalls } from "./faulty-calls.ts";
import { type FaultyClients, FaultyModel, observer } from "./faulty-model.ts";

export interface FaultyOptions {
  /** What the case may take, in milliseconds, before the harness's `timeoutFactor`. */
  readonly timeoutMs: number;
  /** How long a failure may be made shorter, in milliseconds. */
  readonly shrinkingMs?: number;
}

/** Enough to get over what is to be got over, and no more: each takes twice as long as the one before. */
const maxRetries = 3;

/** Most of the time goes by while calls wait to be made again. */
const LANES = 4;

type FaultyContext = Surroundings & Pick<CaseContext, "open" | "openThrough" | "startProxy" | "close">;

/** Random calls, one after the other, of which many meet a fault of the network, compared with all that may be so. */
export async function faultyProperty(context: FaultyContext, options: FaultyOptions): Promise<void> {
  await randomCalls<FaultyModel, FaultyClients>(context, {
    kinds: faultyCalls,
    moreLabels: faultKinds.map((kind) => `fault: ${kind}`),
    lanes: LANES,
    openLane: () => openLane(context),
    usualRuns: context.settings.effort === "quick" ? 12 : 48,
    mostCalls: 60,
    ...options,
  });
}

/** Clients, of which two go through a proxy of their own. */
async function openLane(context: FaultyContext): Promise<Begin<FaultyModel, FaultyClients>> {
  const proxy = await context.startProxy();
  const throughProxy = range(observer).map(() => () => context.openThrough(proxy, { maxRetries }));
  const world = await openWorld([...throughProxy, () => context.open()], context.close, String(proxy.port));
  const { view } = world.nextRun();
  const protocol = await protocolOf(proxy, async () => {
    for (const client of range(observer + 1)) await view(client, 0).save("warm", {}, { overwrite: true });
  });
  return (ids, tally) => {
    const model = new FaultyModel(ids, tally);
    const clients = { ...world.nextRun(), proxy, protocol };
    return { model, clients, end: () => lookAtAll(model, clients) };
  };
}

async function lookAtAll(model: FaultyModel, { view }: FaultyClients): Promise<void> {
  for (const id of model.ids) {
    for (const client of range(observer + 1)) {
      const who = `client ${client + 1}`;
      model.trace.push(`at the end: ${who}: load ${show(id)}`);
      model.found(id, await view(client, 0).load(id), `at the end ${who}`);
    }
  }
}
