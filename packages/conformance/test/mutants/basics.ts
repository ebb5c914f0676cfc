import { withChangesIfFound, withReturnedThreads, isText, type Mutant, mutant } from "./mutant.ts";

export const basicMutants: readonly Mutant[] = [
  mutant("parsed again", "parses the thread again on each access", ["V1-1"], () => (inner) => ({
    load: async (...parameters) => {
      const stored = await inner.load(...parameters);
      return stored && Object.defineProperty({ ...stored }, "thread", { get: () => JSON.parse(stored.json) });
    },
  })),
  mutant("null", "returns null for a missing thread", ["E1-1"], () => (inner) => ({
    load: async (...parameters) => (await inner.load(...parameters)) ?? (null as never),
  })),
  mutant("merge", "merges a thread into the stored one", ["V1-2"], () => (inner) => ({
    save: async (id, thread, options) => {
      const before = await inner.load(id);
      return inner.save(
        id,
        before === undefined || isText(thread) ? thread : { ...before.thread, ...thread },
        options,
      );
    },
  })),
  mutant("tail", "writes over the old bytes without truncating them", ["V1-3"], () => {
    const longest = new Map<string, string>();
    return (inner) => ({
      ...withReturnedThreads(inner, () => ({})),
      load: (id, options) =>
        withChangesIfFound(inner.load(id, options), ({ json }) => {
          const old = longest.get(id) ?? "";
          longest.set(id, json.length > old.length ? json : old);
          return { json: json + old.slice(json.length) };
        }),
      save: async (id, ...rest) => {
        const stored = await inner.save(id, ...rest);
        const old = longest.get(id) ?? "";
        longest.set(id, stored.json.length > old.length ? stored.json : old);
        return stored;
      },
    });
  }),
];
