import type { ThreadStore } from "@threadstore/core";
import { type ChildClient, startChild } from "../engines/child-process/child-client.ts";
import { startWriter, type Writer } from "../engines/crash/writer.ts";
import { power } from "./capability.ts";
import type { CaseContext, CasePlace } from "./conformance-case.ts";
import type { Harness } from "./harness.ts";

/** What a case has to be rid of in the end. */
export interface Belongings {
  readonly stores: Set<ThreadStore>;
  readonly writers: Set<Writer>;
  readonly peers: Set<ChildClient>;
  /** Names of places. */
  readonly places: Set<string>;
}

/** A place as the case's own functions work with it, too. */
export interface OwnedPlace extends CasePlace {
  readonly openThrough: CaseContext["openThrough"];
  readonly openPeer: CaseContext["openPeer"];
  readonly openMissing: CaseContext["openMissing"];
}

/** A place of a case, with what the case opens and starts there noted among its belongings. */
export function casePlace(harness: Harness, name: string, belongings: Belongings): OwnedPlace {
  const { stores, writers, peers, places } = belongings;

  async function opened(opening: () => Promise<ThreadStore>): Promise<ThreadStore> {
    places.add(name);
    const store = await opening();
    stores.add(store);
    return store;
  }

  return {
    open: (options = {}) => opened(() => harness.open(name, options)),
    openThrough: ({ port }, options = {}) =>
      opened(() => power(harness, "network").open(name, { host: "127.0.0.1", port }, options)),
    openMissing: () => opened(() => power(harness, "missing").call(harness)),
    async openPeer() {
      places.add(name);
      const peer = startChild(power(harness, "peer"), name);
      peers.add(peer);
      await peer.opened;
      return peer;
    },
    entries: async () => power(harness, "entries").call(harness, name),
    durabilitySettings: async () => power(harness, "durability").settings(name),
    startWriter(job) {
      places.add(name);
      const writer = startWriter(power(harness, "peer"), name, job);
      writers.add(writer);
      const forget = (): void => void writers.delete(writer);
      writer.ended.then(forget, forget);
      return writer;
    },
    folder: () => power(harness, "disk").folder(name),
    async destroy() {
      await harness.destroy(name);
      places.delete(name);
    },
  };
}
