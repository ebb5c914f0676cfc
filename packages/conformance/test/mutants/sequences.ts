import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { conflict, allSummaries, type Mutant, mutant } from "./mutant.ts";

const KILLED_BY = ["V1-16", "V1-17"];

function hasMetadata(stored: StoredThread | undefined): boolean {
  return stored !== undefined && Object.keys(stored.metadata).length > 0;
}

/** Bugs that show after a sequence of calls, found by random calls. */
export const sequenceMutants: readonly Mutant[] = [
  mutant(
    "metadata lost by deleteExpired",
    "loses the metadata of threads that deleteExpired skips",
    KILLED_BY,
    () => (inner) => ({
      deleteExpired: async (options) => {
        const result = await inner.deleteExpired(options);
        if (options !== undefined) return result;
        for (const { id, version, expiresAt, corrupt } of await allSummaries(inner)) {
          const stored = corrupt ? undefined : await inner.load(id);
          const saveOptions = { previous: version, expiresAt: expiresAt ?? null, metadata: {} };
          if (stored !== undefined) await inner.save(id, stored.json, saveOptions);
        }
        return result;
      },
    }),
  ),
  mutant(
    "delete rejected after a conflict",
    "rejects a delete by version after a conflict",
    KILLED_BY,
    () => (inner) => {
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
    },
  ),
  mutant(
    "inherited metadata",
    "creates threads with the metadata of one that was deleted by version",
    ["V1-16"],
    () => {
      const deleted = new Map<string, StoredThread>();
      return (inner) => ({
        save: async (id, thread, options) => {
          const metadata = options?.metadata ?? deleted.get(id)?.metadata;
          if (metadata === undefined) return inner.save(id, thread, options);
          deleted.delete(id);
          return inner.save(id, thread, { ...options, metadata });
        },
        delete: async (id, options) => {
          const before = options?.previous === undefined ? undefined : await inner.load(id);
          const isGone = await inner.delete(id, options);
          if (isGone && before !== undefined && hasMetadata(before)) deleted.set(id, before);
          return isGone;
        },
      });
    },
  ),
  mutant(
    "touch of the last save",
    "replaces the thread by the last one that it saved itself when it touches it",
    KILLED_BY,
    () => (inner) => {
      const saved = new Map<string, string>();
      return {
        save: async (id, ...rest) => {
          const stored = await inner.save(id, ...rest);
          saved.set(id, stored.json);
          return stored;
        },
        touch: async (id, { previous, ...options } = {}) => {
          const current = await inner.load(id);
          const json = saved.get(id);
          if (current === undefined || json === undefined || previous !== undefined)
            return inner.touch(id, { previous, ...options });
          return inner.save(id, json, { ...options, previous: current });
        },
      };
    },
  ),
  mutant(
    "expiry back after a touch",
    "restores the expiry that a touch replaced when it appends",
    ["V1-16"],
    () =>
      (inner, { options: { now = Date.now } }) => {
        const replaced = new Map<string, Date | null>();
        return {
          touch: async (id, options) => {
            const before = await inner.load(id);
            const touched = await inner.touch(id, options);
            if (Number(touched?.expiresAt) !== Number(before?.expiresAt))
              replaced.set(id, before?.expiresAt ?? null);
            return touched;
          },
          append: async (id, elements, options = {}) => {
            const expiresAt = replaced.get(id);
            replaced.delete(id);
            const isNamed = options.ttlMs !== undefined || options.expiresAt !== undefined;
            const hasExpired = expiresAt !== undefined && expiresAt !== null && Number(expiresAt) <= now();
            return expiresAt === undefined || isNamed || hasExpired
              ? inner.append(id, elements, options)
              : inner.append(id, elements, { ...options, expiresAt });
          },
        };
      },
  ),
  mutant("expiry ended by update", "ends the expiry in an update", KILLED_BY, () => (inner) => ({
    update: (id, change, options) => inner.update(id, change, options ?? { expiresAt: null }),
  })),
];
