import type { ThreadStore } from "@threadstore/core";
import { type ChildClient, startChild } from "../engines/child-process/child-client.ts";
import { startWriter, type Writer } from "../engines/crash/writer.ts";
import { capability } from "./capability.ts";
import type { CaseContext, CaseLocation } from "./conformance-case.ts";
import { callHarness } from "./harness-error.ts";
import type { Harness } from "./harness.ts";
import { expectMethods } from "./store-methods.ts";

/** Everything that must be cleaned up when a case ends. */
export interface CaseResources {
  readonly stores: Set<ThreadStore>;
  readonly writers: Set<Writer>;
  readonly childProcesses: Set<ChildClient>;
  /** Names of locations. */
  readonly locations: Set<string>;
}

/** A location with the functions of the case's context that refer to it. */
export interface OwnedLocation extends CaseLocation {
  readonly openHistory: CaseContext["openHistory"];
  readonly openWithoutHistory: CaseContext["openWithoutHistory"];
  readonly openThrough: CaseContext["openThrough"];
  readonly openInChildProcess: CaseContext["openInChildProcess"];
  readonly openMissing: CaseContext["openMissing"];
}

const YEAR_MS = 31_536_000_000;

/** Creates a location that registers the stores and processes it starts with the resources of the case. */
export function caseLocation(harness: Harness, name: string, resources: CaseResources): OwnedLocation {
  const { stores, writers, childProcesses, locations } = resources;

  async function registered<Store extends ThreadStore>(opening: () => Promise<Store>): Promise<Store> {
    locations.add(name);
    const store = await opening();
    stores.add(store);
    expectMethods(store);
    return store;
  }

  return {
    open: (options = {}) => registered(() => callHarness("open", () => harness.open(name, options))),
    openHistory: ({ versions = 1000, ageMs = YEAR_MS } = {}, options = {}) =>
      registered(() => {
        const kept = capability(harness, "history");
        return callHarness("open", () => kept.open(name, { versions, ageMs }, options));
      }),
    openWithoutHistory: (options = {}) =>
      registered(() => {
        const open = capability(harness, "withoutHistory");
        return callHarness("open", () => open.call(harness, name, options));
      }),
    openThrough: ({ port }, options = {}) =>
      registered(() => capability(harness, "network").open(name, { host: "127.0.0.1", port }, options)),
    openMissing: () => registered(() => capability(harness, "missing").call(harness)),
    async openInChildProcess() {
      locations.add(name);
      const child = startChild(capability(harness, "childProcess"), name);
      childProcesses.add(child);
      await child.opened;
      return child;
    },
    entries: () => callHarness("entries", async () => capability(harness, "entries").call(harness, name)),
    durabilitySettings: async () => capability(harness, "durability").settings(name),
    startWriter(job) {
      locations.add(name);
      const writer = startWriter(capability(harness, "childProcess"), name, job);
      writers.add(writer);
      const forget = (): void => void writers.delete(writer);
      writer.ended.then(forget, forget);
      return writer;
    },
    folder: () => capability(harness, "disk").folder(name),
    async destroy() {
      await harness.destroy(name);
      locations.delete(name);
    },
  };
}
