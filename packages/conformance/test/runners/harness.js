import { memoryStore } from "@threadstore/core";

// JavaScript, because every runner supports it. The environment variable HARNESS selects a harness.
const locations = new Map();

/** A harness for a correct store. It has no capabilities. */
const good = {
  name: "my store",
  async open(location, options) {
    const records = locations.get(location) ?? new Map();
    locations.set(location, records);
    return memoryStore({ ...options, records });
  },
  async destroy(location) {
    locations.delete(location);
  },
};

const until = "2999-12-31";

/** A harness for a store whose `load` returns `null` for missing threads. */
const broken = {
  ...good,
  async open(location, options) {
    const store = await good.open(location, options);
    const load = store.load.bind(store);
    return Object.assign(store, { load: async (...parameters) => (await load(...parameters)) ?? null });
  },
  // One for a case that fails, and one for a case that passes.
  knownFailures: [
    { case: "E3-1", reason: "load returns null", until },
    { case: "E3-2", reason: "no valid reason", until },
  ],
};

const harnesses = { good, broken };

export const harness = harnesses[process.env.HARNESS ?? "good"];
