import { randomBytes } from "node:crypto";
import { type FaultProxy, startFaultProxy } from "../engines/fault-proxy/index.ts";
import { power } from "./capability.ts";
import { type Belongings, casePlace } from "./case-location.ts";
import type { CaseContext } from "./conformance-case.ts";
import type { Harness } from "./harness.ts";

/** A case's context, and how to clear up after it. */
export interface OwnedContext extends CaseContext {
  /** Closes what is still open and destroys the places, whatever of it fails; then throws the failures. */
  end(): Promise<void>;
}

export function contextFor(
  harness: Harness,
  caseId: string,
  { signal, settings }: Pick<CaseContext, "signal" | "settings">,
): OwnedContext {
  const belongings: Belongings = {
    stores: new Set(),
    writers: new Set(),
    peers: new Set(),
    places: new Set(),
  };
  const name = `${caseId.toLowerCase()}-${randomBytes(6).toString("hex")}`;
  const place = casePlace(harness, name, belongings);
  const elsewhere = casePlace(harness, `${name}-b`, belongings);
  const proxies = new Set<FaultProxy>();
  let morePlaces = 0;

  return {
    signal,
    settings,
    timeoutFactor: harness.timeoutFactor ?? 1,
    open: place.open,
    openElsewhere: elsewhere.open,
    async close(store) {
      belongings.stores.delete(store);
      await store.close();
    },
    rewrite: async (id, change) => power(harness, "rewrite").call(harness, name, id, change),
    entries: place.entries,
    async startProxy() {
      const proxy = await startFaultProxy({ target: power(harness, "network").endpoint });
      proxies.add(proxy);
      return proxy;
    },
    openThrough: place.openThrough,
    openPeer: place.openPeer,
    openMissing: place.openMissing,
    keepsConnections: harness.network?.keepsConnections ?? false,
    newPlace() {
      morePlaces += 1;
      return casePlace(harness, `${name}-${morePlaces}`, belongings);
    },
    crashBackend: async () => power(harness, "backend").crash(),
    end: () => clearUp(harness, { ...belongings, proxies }),
  };
}

interface Leftovers extends Belongings {
  readonly proxies: ReadonlySet<FaultProxy>;
}

async function clearUp(
  harness: Harness,
  { stores, writers, peers, places, proxies }: Leftovers,
): Promise<void> {
  const killed = await Promise.allSettled([...writers].map((each) => each.end("SIGKILL")));
  const closing = [...[...stores].map((store) => store.close()), ...[...peers].map((peer) => peer.end())];
  const closed = await Promise.allSettled(closing);
  const destroyed = await Promise.allSettled([...places].map((each) => harness.destroy(each)));
  const ended = await Promise.allSettled([...proxies].map((each) => each.close()));
  const reasons = [...killed, ...closed, ...destroyed, ...ended].flatMap((each) =>
    each.status === "rejected" ? [each.reason] : [],
  );
  if (reasons.length > 0)
    throw new AggregateError(reasons, `Clearing up failed: ${reasons.map(String).join("; ")}`);
}
