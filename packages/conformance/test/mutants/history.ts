import type { StoredThread } from "@threadstore/core";
import { capability } from "../../src/suite/capability.ts";
import type { Harness } from "../../src/suite/harness.ts";
import type { VersionedStore } from "../../src/suite/versioned-store.ts";
import { plainHistoryHarness } from "../stores/plain/plain-history.ts";
import { conflict, type Mutant } from "./mutant.ts";

/** Returns the methods with the bug. Views have the bug as well. */
type HistoryBug = (inner: VersionedStore) => Partial<VersionedStore>;

function historyMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  makeBug: () => HistoryBug,
): Mutant {
  const make = () => {
    const bugOf = makeBug();
    // The store's own methods call one another, so the bug is in a store around it.
    const withBug = (inner: VersionedStore): VersionedStore => {
      const self: VersionedStore = {
        ...forwarded(inner),
        namespace: (namespace) => withBug(inner.namespace(namespace)),
      };
      return Object.assign(self, bugOf(inner));
    };
    return plainHistoryHarness(name, withBug);
  };
  return { name, bug, base: "memory", killedBy, make };
}

function forwarded(inner: VersionedStore): Omit<VersionedStore, "namespace"> {
  return {
    save: (...parameters) => inner.save(...parameters),
    append: (...parameters) => inner.append(...parameters),
    touch: (...parameters) => inner.touch(...parameters),
    load: (...parameters) => inner.load(...parameters),
    delete: (...parameters) => inner.delete(...parameters),
    list: (...parameters) => inner.list(...parameters),
    listPage: (...parameters) => inner.listPage(...parameters),
    update: (...parameters) => inner.update(...parameters),
    deleteExpired: (...parameters) => inner.deleteExpired(...parameters),
    namespaces: (...parameters) => inner.namespaces(...parameters),
    erase: (...parameters) => inner.erase(...parameters),
    versions: (...parameters) => inner.versions(...parameters),
    loadVersion: (...parameters) => inner.loadVersion(...parameters),
    fork: (...parameters) => inner.fork(...parameters),
    restore: (...parameters) => inner.restore(...parameters),
    prune: (...parameters) => inner.prune(...parameters),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

/** Adds or removes listed versions. */
function listing(
  change: (
    versions: Awaited<ReturnType<VersionedStore["versions"]>>,
  ) => Awaited<ReturnType<VersionedStore["versions"]>>,
): HistoryBug {
  return (inner) => ({ versions: async (id) => change(await inner.versions(id)) });
}

function addedHistoryWithoutVersions(): Harness {
  const plain = new Set<string>();
  const harness = plainHistoryHarness("added history without versions", (inner) => {
    const listed = inner.versions.bind(inner);
    return Object.assign(inner, {
      versions: async (id: string) =>
        (await listed(id)).filter(({ version, isCurrent }) => isCurrent || !plain.has(version)),
    });
  });
  return {
    ...harness,
    async withoutHistory(...parameters) {
      const store = await capability(harness, "withoutHistory").call(harness, ...parameters);
      const save = store.save.bind(store);
      return Object.assign(store, {
        save: async (...saving: Parameters<typeof save>) => {
          const stored = await save(...saving);
          plain.add(stored.version);
          return stored;
        },
      });
    },
  };
}

async function current(store: VersionedStore, id: string): Promise<StoredThread> {
  const stored = await store.load(id);
  if (stored === undefined) throw conflict();
  return stored;
}

export const historyMutants: readonly Mutant[] = [
  historyMutant(
    "oldest version first",
    "lists versions in the order in which they were saved",
    ["H1-1"],
    () => listing((versions) => versions.toReversed()),
  ),
  historyMutant("versions parsed", "parses versions and writes them again", ["H1-1"], () => (inner) => ({
    loadVersion: async (id, version) => {
      const loaded = await inner.loadVersion(id, version);
      return loaded && { ...loaded, json: JSON.stringify(JSON.parse(loaded.json)) };
    },
  })),
  historyMutant(
    "sizes of the current",
    "reports the size of the current version for all versions",
    ["H1-1"],
    () => listing((versions) => versions.map((each) => ({ ...each, size: versions[0]?.size ?? 0 }))),
  ),
  historyMutant("appends without versions", "forgets what an append replaces", ["H1-2"], () => {
    const forgotten = new Set<string>();
    return (inner) => ({
      append: async (id, ...parameters) => {
        const replaced = await inner.load(id);
        const result = await inner.append(id, ...parameters);
        if (replaced !== undefined) forgotten.add(replaced.version);
        return result;
      },
      versions: async (id) => (await inner.versions(id)).filter(({ version }) => !forgotten.has(version)),
    });
  }),
  historyMutant(
    "overwrites without versions",
    "forgets all versions in an overwrite",
    ["H1-2"],
    () => (inner) => ({
      save: async (id, thread, options) => {
        if (options?.overwrite === true) await inner.delete(id);
        return inner.save(id, thread, options);
      },
    }),
  ),
  {
    name: "added history without versions",
    bug: "forgets the state of a thread that was stored before it kept versions",
    base: "memory",
    killedBy: ["H1-4"],
    make: addedHistoryWithoutVersions,
  },
  historyMutant("missing threads fail", "rejects if there is no thread", ["H1-3"], () => (inner) => ({
    versions: async (id) => {
      await current(inner, id);
      return inner.versions(id);
    },
  })),
  historyMutant("versions everywhere", "loads a version of any thread", ["H1-3"], () => {
    const all = new Map<string, StoredThread>();
    return (inner) => ({
      save: async (...parameters) => {
        const stored = await inner.save(...parameters);
        all.set(stored.version, stored);
        return stored;
      },
      loadVersion: async (id, version) => {
        const loaded = all.get(version);
        return loaded === undefined ? inner.loadVersion(id, version) : { ...loaded, isCurrent: false };
      },
    });
  }),
  historyMutant(
    "versions before saves",
    "stores what a save replaces before it is known to succeed",
    ["H2-1"],
    () => {
      const early = new Map<string, number>();
      return (inner) => ({
        save: async (id, thread, options) => {
          early.set(id, (early.get(id) ?? 0) + 1);
          return inner.save(id, thread, options);
        },
        versions: async (id) => {
          const versions = await inner.versions(id);
          const surplus = (early.get(id) ?? 0) - versions.length;
          return [...versions, ...versions.slice(0, Math.max(0, surplus))];
        },
      });
    },
  ),
  historyMutant(
    "forks of the latest",
    "forks the current version whichever is asked for",
    ["H3-1"],
    () => (inner) => ({
      fork: async (id, version, newId) => {
        const { json, metadata } = await current(inner, id);
        return inner.save(newId, json, {
          metadata: { ...metadata, forkedFrom: id, forkedFromVersion: version },
        });
      },
    }),
  ),
  historyMutant(
    "forks without metadata",
    "does not copy the metadata of the source",
    ["H3-1"],
    () => (inner) => ({
      fork: async (id, version, newId) => {
        const forked = await inner.fork(id, version, newId);
        const { forkedFrom = "", forkedFromVersion = "" } = forked.metadata;
        return inner.save(newId, forked.json, {
          previous: forked,
          metadata: { forkedFrom, forkedFromVersion },
        });
      },
    }),
  ),
  historyMutant(
    "forks that replace",
    "replaces the thread that has the id of a fork",
    ["H3-2"],
    () => (inner) => ({
      fork: async (id, version, newId) => {
        await inner.delete(newId);
        return inner.fork(id, version, newId);
      },
    }),
  ),
  historyMutant("forks only once", "rejects a repeated fork", ["H3-2"], () => (inner) => ({
    fork: async (id, version, newId) => {
      if ((await inner.load(newId)) !== undefined) throw conflict();
      return inner.fork(id, version, newId);
    },
  })),
  historyMutant(
    "back without return",
    "forgets the versions from which it goes back",
    ["H3-3"],
    () => (inner) => ({
      restore: async (id, version) => {
        const loaded = await inner.loadVersion(id, version);
        if (loaded === undefined) throw conflict();
        await inner.delete(id);
        return inner.save(id, loaded.json);
      },
    }),
  ),
  historyMutant("one too few", "keeps a version less than allowed", ["H4-1"], () =>
    listing((versions) => versions.slice(0, 2)),
  ),
  historyMutant("hidden only", "loads versions that it does not list any more", ["H4-1"], () => {
    const all = new Map<string, StoredThread>();
    return (inner) => ({
      save: async (...parameters) => {
        const stored = await inner.save(...parameters);
        all.set(stored.version, stored);
        return stored;
      },
      loadVersion: async (id, version) => {
        const { json = "", updatedAt = new Date(), size = 0 } = all.get(version) ?? {};
        const loaded = await inner.loadVersion(id, version);
        return loaded ?? { version, json, updatedAt, size, isCurrent: false };
      },
    });
  }),
  historyMutant("age from the save", "counts the age of a version from its own save", ["H4-2"], () =>
    listing((versions) => {
      const newest = Number(versions[0]?.updatedAt);
      return versions.filter(
        ({ isCurrent, updatedAt }) => isCurrent || Number(updatedAt) >= newest - 3_600_000,
      );
    }),
  ),
  historyMutant(
    "prune nothing",
    "hides old versions but never removes their text",
    ["H4-3"],
    () => (inner) => ({
      prune: async (id) => ((await inner.load(id)) === undefined ? undefined : {}),
    }),
  ),
  historyMutant("prune everything", "removes all versions but the current one", ["H4-3"], () => (inner) => ({
    prune: async (id) => {
      const stored = await inner.load(id);
      if (stored === undefined) return undefined;
      await inner.delete(id);
      return inner.save(id, stored.json, { metadata: stored.metadata });
    },
  })),
  historyMutant("undead history", "returns the versions of a thread that was deleted", ["H5-1"], () => {
    const deleted = new Map<string, Awaited<ReturnType<VersionedStore["versions"]>>>();
    return (inner) => ({
      delete: async (id, options) => {
        deleted.set(id, await inner.versions(id));
        return inner.delete(id, options);
      },
      versions: async (id) => [...(await inner.versions(id)), ...(deleted.get(id) ?? [])],
    });
  }),
];
