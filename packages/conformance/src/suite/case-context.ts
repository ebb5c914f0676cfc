import { randomBytes } from "node:crypto";
import { type FaultProxy, startFaultProxy } from "../engines/fault-proxy/index.ts";
import { capability } from "./capability.ts";
import { type CaseResources, caseLocation } from "./case-location.ts";
import type { CaseContext } from "./conformance-case.ts";
import { callHarness } from "./harness-error.ts";
import type { Harness } from "./harness.ts";

/** The context of a case, and how to clean up after the case. */
export interface OwnedContext extends CaseContext {
  /** Closes everything that is still open and destroys the locations. Attempts all of it, then throws the failures. */
  end(): Promise<void>;
}

/** The default of `maxThreadBytes` in `StoreOptions`. */
const DEFAULT_MAX_THREAD_BYTES = 16_777_216;

export function contextFor(
  harness: Harness,
  caseId: string,
  { signal, settings }: Pick<CaseContext, "signal" | "settings">,
): OwnedContext {
  const resources = noResources();
  const name = `${caseId.toLowerCase()}-${randomBytes(6).toString("hex")}`;
  const location = caseLocation(harness, name, resources);
  const elsewhere = caseLocation(harness, `${name}-b`, resources);
  const proxies = new Set<FaultProxy>();
  let moreLocations = 0;

  return {
    signal,
    settings,
    timeoutFactor: harness.timeoutFactor ?? 1,
    recencyPrecisionMs: harness.recencyPrecisionMs ?? 0,
    secrets: harness.secrets ?? [],
    maxThreadBytes: harness.maxThreadBytes ?? DEFAULT_MAX_THREAD_BYTES,
    open: location.open,
    openHistory: location.openHistory,
    openWithoutHistory: location.openWithoutHistory,
    openElsewhere: elsewhere.open,
    async close(store) {
      resources.stores.delete(store);
      await store.close();
    },
    rewrite: (id, change) =>
      callHarness("rewrite", async () => capability(harness, "rewrite").call(harness, name, id, change)),
    entries: location.entries,
    async startProxy() {
      const { endpoint, protocol } = capability(harness, "network");
      const proxy = await startFaultProxy({ target: endpoint, protocol });
      proxies.add(proxy);
      return proxy;
    },
    openThrough: location.openThrough,
    openInChildProcess: location.openInChildProcess,
    openMissing: location.openMissing,
    keepsConnections: harness.network?.keepsConnections ?? false,
    rewritesRecords: harness.network?.rewritesRecords ?? false,
    newLocation() {
      moreLocations += 1;
      return caseLocation(harness, `${name}-${moreLocations}`, resources);
    },
    crashBackend: async () => capability(harness, "backend").crash(),
    end: () => cleanUp(harness, resources, proxies),
  };
}

function noResources(): CaseResources {
  return { stores: new Set(), writers: new Set(), childProcesses: new Set(), locations: new Set() };
}

async function cleanUp(
  harness: Harness,
  { stores, writers, childProcesses, locations }: CaseResources,
  proxies: ReadonlySet<FaultProxy>,
): Promise<void> {
  const killed = await Promise.allSettled([...writers].map((each) => each.end("SIGKILL")));
  const closing = [
    ...[...stores].map((store) => store.close()),
    ...[...childProcesses].map((child) => child.end()),
  ];
  const closed = await Promise.allSettled(closing);
  const destroyed = await Promise.allSettled([...locations].map((each) => harness.destroy(each)));
  const ended = await Promise.allSettled([...proxies].map((each) => each.close()));
  const reasons = [...killed, ...closed, ...destroyed, ...ended].flatMap((each) =>
    each.status === "rejected" ? [each.reason] : [],
  );
  if (reasons.length > 0)
    throw new AggregateError(reasons, `Cleaning up failed: ${reasons.map(String).join("; ")}`);
}
