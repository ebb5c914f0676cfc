import { memoryStore } from "@threadstore/core";

// In JavaScript, which every runner takes. The environment says which of the stores a run is about.
const places = new Map();

/** A store that keeps its promises, in a harness without any power. */
const good = {
  name: "my store",
  async open(place, options) {
    const records = places.get(place) ?? new Map();
    places.set(place, records);
    return memoryStore({ ...options, records });
  },
  async destroy(place) {
    places.delete(place);
  },
};

/** Loads null where nothing is. */
const broken = {
  ...good,
  async open(place, options) {
    const store = await good.open(place, options);
    const load = store.load.bind(store);
    return Object.assign(store, { load: async (...parameters) => (await load(...parameters)) ?? null });
  },
};

const until = "2999-12-31";
/** Of one case that fails, and of one that does not. */
const waivers = [
  { case: "E1-1", reason: "null is returned", until },
  { case: "E3-2", reason: "no reason at all", until },
];

const harnesses = { good, broken, waived: { ...broken, waivers } };

export const harness = harnesses[process.env.HARNESS ?? "good"];
