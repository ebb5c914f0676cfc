import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { conflict, everything, type Mutant, mutant } from "./mutant.ts";

const foundBy = ["V1-16", "V1-17"];

function hasMetadata(stored: StoredThread | undefined): boolean {
  return stored !== undefined && Object.keys(stored.metadata).length > 0;
}

/** Bugs that show after a sequence of calls, as random ones find it. */
export const sequenceMutants: readonly Mutant[] = [
  mutant("forgetful sweep", "forgets the metadata of what it sweeps past", foundBy, () => (inner) => ({
    deleteExpired: async (options) => {
      const result = await inner.deleteExpired(options);
      if (options !== undefined) return result;
      for (const { id, version, expiresAt, corrupt } of await everything(inner)) {
        const stored = corrupt ? undefined : await inner.load(id);
        const kept = { previous: version, expiresAt: expiresAt ?? null, metadata: {} };
        if (stored !== undefined) await inner.save(id, stored.json, kept);
      }
      return result;
    },
  })),
  mutant("poisoned delete", "refuses a delete by version after a conflict", foundBy, () => (inner) => {
    const conflicts = new Set<string>();
    return {
      save: async (id, ...rest) => {
        try {
          return await inner.save(id, ...rest);
        } catch (error) {
          if (ThreadStoreError.is(error, "CONFLICT")) conflicts.add(id);
          throw error;
        }
      },
      delete: async (id, options) => {
        const isPoisoned = conflicts.delete(id) && options?.previous !== undefined;
        if (isPoisoned) throw conflict();
        return inner.delete(id, options);
      },
    };
  }),
  mutant("inherited metadata", "creates with the metadata of what was deleted by version", ["V1-16"], () => {
    const left = new Map<string, StoredThread>();
    return (inner) => ({
      save: async (id, thread, options) => {
        const metadata = options?.metadata ?? left.get(id)?.metadata;
        if (metadata === undefined) return inner.save(id, thread, options);
        left.delete(id);
        return inner.save(id, thread, { ...options, metadata });
      },
      delete: async (id, options) => {
        const before = options?.previous === undefined ? undefined : await inner.load(id);
        const isGone = await inner.delete(id, options);
        if (isGone && before !== undefined && hasMetadata(before)) left.set(id, before);
        return isGone;
      },
    });
  }),
  mutant("lasting update", "keeps an expiry through update", foundBy, () => (inner) => ({
    update: async (id, change, options) => {
      if (options !== undefined || typeof change !== "function") return inner.update(id, change, options);
      const before = await inner.load(id);
      return inner.update(id, change, { expiresAt: before?.expiresAt });
    },
  })),
];
