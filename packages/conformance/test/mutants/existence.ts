import { conflict, allSummaries, type Mutant, mutant } from "./mutant.ts";

export const existenceMutants: readonly Mutant[] = [
  mutant("delete does nothing", "reports a delete without deleting", ["E3-1"], () => (inner) => ({
    delete: async (id, options) => (await inner.load(id, { signal: options?.signal })) !== undefined,
  })),
  mutant("delete always true", "reports that every delete deleted something", ["E3-2"], () => (inner) => ({
    delete: async (...parameters) => {
      await inner.delete(...parameters);
      return true;
    },
  })),
  mutant("delete by prefix", "deletes every thread whose id starts with the id", ["N2-1"], () => (inner) => ({
    delete: async (id, options) => {
      const isGone = await inner.delete(id, options);
      for (const each of await allSummaries(inner)) if (each.id.startsWith(id)) await inner.delete(each.id);
      return isGone;
    },
  })),
  mutant("tombstones", "cannot create a deleted thread again", ["C2-1"], () => {
    const deleted = new Set<string>();
    return (inner) => ({
      save: async (id, ...rest) => {
        if (deleted.has(id)) throw conflict();
        return inner.save(id, ...rest);
      },
      delete: async (id, options) => {
        deleted.add(id);
        return inner.delete(id, options);
      },
    });
  }),
  mutant("trash", "keeps deleted records forever", ["D3-1"], () => (inner) => ({
    delete: async (id, options) => {
      const before = await inner.load(id);
      if (before !== undefined) await inner.namespace("trash").save(before.version, before.json);
      return inner.delete(id, options);
    },
  })),
  mutant("load creates", "creates an empty thread when loading a missing one", ["E3-3"], () => (inner) => ({
    load: async (id, options) => {
      const stored = await inner.load(id, options);
      if (stored === undefined) await inner.save(id, {});
      return stored;
    },
  })),
  mutant("overwrite only replaces", "does not create threads with overwrite", ["C2-11"], () => (inner) => ({
    save: async (id, thread, options = {}) => {
      if (options.overwrite === true && (await inner.load(id)) === undefined) throw conflict();
      return inner.save(id, thread, options);
    },
  })),
];
