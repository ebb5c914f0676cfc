import { randomBytes } from "node:crypto";
import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../conformance-case.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy/index.ts";
import type { Harness, Power } from "../harness.ts";
import { type PeerClient, startPeer } from "../peers/peer.ts";

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
  const open = new Set<ThreadStore>();
  const place = `${caseId.toLowerCase()}-${randomBytes(6).toString("hex")}`;
  const elsewhere = `${place}-b`;
  const places = new Set<string>();
  const proxies = new Set<FaultProxy>();
  const peers = new Set<PeerClient>();

  async function openAt(at: string, opening: () => Promise<ThreadStore>): Promise<ThreadStore> {
    places.add(at);
    const store = await opening();
    open.add(store);
    return store;
  }

  return {
    signal,
    settings,
    timeoutFactor: harness.timeoutFactor ?? 1,
    open: (options = {}) => openAt(place, () => harness.open(place, options)),
    openElsewhere: (options = {}) => openAt(elsewhere, () => harness.open(elsewhere, options)),
    async close(store) {
      open.delete(store);
      await store.close();
    },
    rewrite: async (id, change) => power(harness, "rewrite").call(harness, place, id, change),
    entries: async () => power(harness, "entries").call(harness, place),
    async startProxy() {
      const proxy = await startFaultProxy({ target: power(harness, "network").endpoint });
      proxies.add(proxy);
      return proxy;
    },
    openThrough: ({ port }, options = {}) =>
      openAt(place, () => power(harness, "network").open(place, { host: "127.0.0.1", port }, options)),
    async openPeer() {
      places.add(place);
      const peer = startPeer(power(harness, "peer"), place);
      peers.add(peer);
      await peer.opened;
      return peer;
    },
    keepsConnections: harness.network?.keepsConnections ?? false,
    end: () => clearUp(harness, { open, peers, places, proxies }),
  };
}

/** What a case opened and has not closed. */
interface Leftovers {
  readonly open: ReadonlySet<ThreadStore>;
  readonly peers: ReadonlySet<PeerClient>;
  readonly places: ReadonlySet<string>;
  readonly proxies: ReadonlySet<FaultProxy>;
}

async function clearUp(harness: Harness, { open, peers, places, proxies }: Leftovers): Promise<void> {
  const closing = [...[...open].map((store) => store.close()), ...[...peers].map((peer) => peer.end())];
  const closed = await Promise.allSettled(closing);
  const destroyed = await Promise.allSettled([...places].map((each) => harness.destroy(each)));
  const ended = await Promise.allSettled([...proxies].map((each) => each.close()));
  const reasons = [...closed, ...destroyed, ...ended].flatMap((each) =>
    each.status === "rejected" ? [each.reason] : [],
  );
  if (reasons.length > 0)
    throw new AggregateError(reasons, `Clearing up failed: ${reasons.map(String).join("; ")}`);
}

function power<Name extends Power>(harness: Harness, name: Name): NonNullable<Harness[Name]> {
  const found: Harness[Name] = harness[name];
  if (found === undefined || found === null)
    throw new TypeError(`The case uses the power ${name}, which its "powers" do not name.`);
  return found;
}
