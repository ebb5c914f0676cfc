import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { plainStore } from "../stores/plain/plain-store.ts";
import {
  type Bug,
  withChanges,
  withChangesIfFound,
  allSummaries,
  type Mutant,
  mutant,
  pageOf,
  versionIn,
  wrapStore,
} from "./mutant.ts";

/** A view that is a prefix of the ids in a single namespace. */
function prefixed(root: ThreadStore, prefix: string, separator: string): ThreadStore {
  return wrapStore(root, { data: new Map(), options: {} }, () => ({
    save: async (id, thread, options = {}) => {
      const stored: StoredThread = await root.save(prefix + id, thread, {
        ...options,
        previous: versionIn(options.previous),
      });
      return withChanges(stored, { id });
    },
    load: (id, { cached: _cached, ...options } = {}) =>
      withChangesIfFound(root.load(prefix + id, options), () => ({ id })),
    delete: (id, options = {}) =>
      root.delete(prefix + id, { ...options, previous: versionIn(options.previous) }),
    listPage: async ({ cursor = "0", limit } = {}) => {
      const all = (await allSummaries(root)).filter(({ id }) => id.startsWith(prefix));
      const own = all.map((each) => ({ ...each, id: each.id.slice(prefix.length) }));
      return pageOf(own, Number(cursor), limit);
    },
    namespace: (name) => prefixed(root, `${prefix}${name}${separator}`, separator),
  }));
}

export function prefixes(separator: string): Bug {
  return (inner) => ({ namespace: (name) => prefixed(inner, `${name}${separator}`, separator) });
}

/** A store whose views use other namespaces than their names say. */
function renamed(change: (name: string) => string): Bug {
  return (inner, { data, options }) => ({
    namespace: (name) => wrapStore(inner.namespace(change(name)), { data, options }, renamed(change)),
  });
}

function closesParent(parent: ThreadStore): Bug {
  return (inner) => ({
    close: async () => {
      await inner.close();
      await parent.close();
    },
  });
}

/** A view of a view that is one namespace with a joined name. */
function joined(path: readonly string[]): Bug {
  return (inner, { data, options }) => ({
    namespace: (name) => {
      const names = [...path, name];
      const root = plainStore(data, options);
      inner.namespace(name);
      return wrapStore(root.namespace(names.join("/")), { data, options }, joined(names));
    },
  });
}

export const namespaceMutants: readonly Mutant[] = [
  mutant("no namespaces", "ignores the namespace", ["N3-3"], () => (inner) => ({ namespace: () => inner })),
  mutant("prefix of ids", "stores namespaces as prefixes of ids", ["N3-2", "N3-4"], () => prefixes("/")),
  mutant(
    "prefix without an end",
    "confuses a namespace with all namespaces that it is a prefix of",
    ["N2-7"],
    () => prefixes(""),
  ),
  mutant(
    "joined namespaces",
    "confuses a view of a view with a namespace whose name has a slash",
    ["N3-7"],
    () => joined([]),
  ),
  mutant("shared close", "closes its parent when a view is closed", ["F3-6"], () => {
    return (inner, { data, options }) => ({
      namespace: (name) => wrapStore(inner.namespace(name), { data, options }, closesParent(inner)),
    });
  }),
  mutant(
    "namespaces per client",
    "keeps each namespace in the memory of the client",
    ["N3-5", "K2-2"],
    () =>
      (inner, { options }) => {
        const own = plainStore(new Map(), options);
        return { namespace: (name) => (inner.namespace(name), own.namespace(name)) };
      },
  ),
  mutant("cut namespaces", "cuts namespaces that are too long", ["N1-14"], () =>
    renamed((name) => (typeof name === "string" ? name.slice(0, 64) : name)),
  ),
  mutant("namespaces without case", "ignores case in namespaces", ["N1-15"], () =>
    renamed((name) => (typeof name === "string" ? name.toLowerCase() : name)),
  ),
  mutant("shared location", "stores all locations in one", ["N3-1"], () => {
    let only: ThreadStore | undefined;
    return (_, { data, options }) => {
      only ??= plainStore(data, options);
      const shared = only;
      return {
        save: (...each) => shared.save(...each),
        load: (...each) => shared.load(...each),
        delete: (...each) => shared.delete(...each),
      };
    };
  }),
];

function closed(): ThreadStoreError {
  return new ThreadStoreError("CLOSED", "The store is closed.");
}

export const lifecycleMutants: readonly Mutant[] = [
  mutant("client cache", "returns threads from a cache that it never updates", ["E4-1"], () => (inner) => {
    const cache = new Map<string, StoredThread>();
    return {
      load: async (id, options) => {
        const stored = cache.get(id) ?? (await inner.load(id, options));
        if (stored !== undefined) cache.set(id, stored);
        return stored;
      },
    };
  }),
  mutant("synchronous throw", "throws instead of rejecting", ["F1-1"], () => (inner) => ({
    load: (id, options) => {
      if (typeof id !== "string") throw new ThreadStoreError("INVALID_ARGUMENT", "`id` must be a string.");
      return inner.load(id, options);
    },
  })),
  mutant("close once", "fails if it is closed again", ["F3-1"], () => (inner) => {
    let isClosed = false;
    return {
      close: async () => {
        if (isClosed) throw closed();
        isClosed = true;
        await inner.close();
      },
    };
  }),
  mutant("never closed", "keeps working after it is closed", ["F3-2"], () => () => ({
    close: () => Promise.resolve(),
  })),
  mutant("close without waiting", "fails the calls in flight when it is closed", ["F3-3"], () => (inner) => {
    let isClosed = false;
    return {
      save: async (...parameters) => {
        const stored = await inner.save(...parameters);
        if (isClosed) throw closed();
        return stored;
      },
      close: () => {
        isClosed = true;
        return inner.close();
      },
    };
  }),
  mutant("no disposal", "is not closed by await using", ["F3-4"], () => () => ({
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })),
  mutant("closes what it was given", "closes the connection that others use", ["F3-5"], () => {
    let isClosed = false;
    return (inner) => ({
      load: async (...parameters) => {
        if (isClosed) throw closed();
        return inner.load(...parameters);
      },
      close: () => {
        isClosed = true;
        return inner.close();
      },
    });
  }),
];
