import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import {
  PRESERVED_DETAILS,
  type PreservedDetails,
  type PreservedThread,
  type PreservingOptions,
} from "@threadstore/core/decorator";
import {
  type Bug,
  type Mutant,
  mutant,
  withChanges,
  withChangesIfFound,
  withReturnedThreads,
} from "./mutant.ts";

/** A store that changes the details that a copy keeps. */
function preserving(change: (details: PreservedDetails) => PreservedDetails | undefined): Bug {
  return (inner) => ({
    save: (id, thread, options: PreservingOptions = {}) => {
      const details = options[PRESERVED_DETAILS];
      if (details === undefined) return inner.save(id, thread, options);
      const changed: PreservingOptions = { ...options, [PRESERVED_DETAILS]: change(details) };
      return inner.save(id, thread, changed);
    },
  });
}

function withFixedExpiry({ createdAt, updatedAt, expiresAt }: StoredThread): Partial<PreservedThread> {
  return { [PRESERVED_DETAILS]: { createdAt, updatedAt, expiresAt, hasFixedExpiry: true, appendKeys: [] } };
}

export const copyingMutants: readonly Mutant[] = [
  mutant("append keys forgotten", "does not remember the keys of appends to the original", ["K1-1"], () =>
    preserving((details) => ({ ...details, appendKeys: [] })),
  ),
  mutant("copies are new", "gives copies the times of the copy", ["K1-1"], () => preserving(() => undefined)),
  mutant(
    "copies always expire as set",
    "treats every expiry of a copy as one that a save set",
    ["K1-1"],
    () => preserving((details) => ({ ...details, hasFixedExpiry: true })),
  ),
  mutant(
    "originals expire as set",
    "treats every expiry as one that a save set when it is copied",
    ["K1-2"],
    () => {
      return (inner) => withReturnedThreads(inner, withFixedExpiry);
    },
  ),
  mutant(
    "copies without namespaces",
    "does not list the namespaces that a copy must contain",
    ["K1-3"],
    () => () => ({
      namespaces: async () => ({ namespaces: [], cursor: undefined }),
    }),
  ),
  mutant("every create overwrites", "replaces a thread although a save can only create it", ["K2-1"], () => {
    return (inner) => ({
      save: (id, thread, options: PreservingOptions = {}) =>
        inner.save(id, thread, PRESERVED_DETAILS in options ? { ...options, overwrite: true } : options),
    });
  }),
  mutant("forgotten siblings", "returns no namespaces for a cursor", ["K2-3"], () => (inner) => ({
    namespaces: async (options = {}) =>
      options.cursor === undefined ? inner.namespaces(options) : { namespaces: [], cursor: undefined },
  })),
  mutant(
    "siblings of any namespace",
    "lists namespaces from the start at the cursor of another one",
    ["K2-3"],
    () => (inner) => ({
      namespaces: async (options) =>
        inner.namespaces(options).catch(() => inner.namespaces({ ...options, cursor: undefined })),
    }),
  ),
  mutant("one bad thread", "rejects a listing with a corrupt thread", ["K3-1"], () => (inner) => ({
    listPage: async (options) => {
      const page = await inner.listPage(options);
      if (page.threads.some(({ corrupt }) => corrupt))
        throw new ThreadStoreError("CORRUPT", "A thread is corrupt.");
      return page;
    },
  })),
  mutant(
    "outdated times",
    "returns the times of the first version with the content of the latest",
    ["K3-2"],
    () => {
      const firstTimes = new Map<string, Date>();
      return (inner) => ({
        save: async (id, ...parameters) => {
          const saved = await inner.save(id, ...parameters);
          firstTimes.set(id, firstTimes.get(id) ?? saved.updatedAt);
          return withChanges(saved, {});
        },
        load: (id, options) =>
          withChangesIfFound(inner.load(id, options), () => ({
            updatedAt: firstTimes.get(id) ?? new Date(),
          })),
      });
    },
  ),
];
