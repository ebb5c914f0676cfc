import { type StoredThread, type StoreOptions, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { Harness } from "../../../src/suite/harness.ts";
import type { KeptVersions, VersionedStore } from "../../../src/suite/versioned-store.ts";
import { decodeRow, type PlainDetails, type PlainRow } from "./plain-record.ts";
import { plainStore } from "./plain-store.ts";

/** A version with its content, oldest first in a history. */
interface PastVersion {
  readonly version: string;
  readonly details: PlainDetails;
}

/** Rows that remember the ones they replace. */
class VersionedRows extends Map<string, PlainRow> {
  readonly #past = new Map<string, readonly PastVersion[]>();

  override set(id: string, row: PlainRow): this {
    const [replaced, details] = [this.get(id), decodeRow(id, row)];
    const past = replaced === undefined ? undefined : decodeRow(id, replaced);
    const hasExpired = past?.expiresAt !== undefined && past.expiresAt <= (details?.updatedAt ?? 0);
    if (replaced === undefined || past === undefined || hasExpired) this.#past.delete(id);
    // A touch replaces the version, and a harness the bytes.
    else if (past.json !== details?.json && replaced.version !== row.version) {
      this.#past.set(id, [...this.past(id), { version: replaced.version, details: past }]);
    }
    return super.set(id, row);
  }

  override delete(id: string): boolean {
    this.#past.delete(id);
    return super.delete(id);
  }

  past(id: string): readonly PastVersion[] {
    return this.#past.get(id) ?? [];
  }

  keep(id: string, past: readonly PastVersion[]): void {
    this.#past.set(id, past);
  }
}

/** The data of a location whose stores keep versions. */
export class VersionedData extends Map<string, Map<string, PlainRow>> {
  override get(namespace: string): VersionedRows {
    const stored = super.get(namespace);
    const rows = stored instanceof VersionedRows ? stored : new VersionedRows();
    super.set(namespace, rows);
    return rows;
  }

  override set(namespace: string, rows: Map<string, PlainRow>): this {
    return rows instanceof VersionedRows ? super.set(namespace, rows) : this;
  }
}

type LoadedVersion = NonNullable<Awaited<ReturnType<VersionedStore["loadVersion"]>>>;

/** Where a store or view keeps its rows, and what it keeps of them. */
interface HistoryLocation {
  readonly store: ThreadStore;
  readonly data: VersionedData;
  /** The names of the namespaces that lead to the view. */
  readonly path: readonly string[];
  readonly keep: KeptVersions;
  readonly now: () => number;
}

function rowsOf({ data, path }: HistoryLocation): VersionedRows {
  return data.get(JSON.stringify(path));
}

/** Returns the versions of the history that are kept, the oldest first. */
function keptPast(location: HistoryLocation, { id, updatedAt }: StoredThread): readonly PastVersion[] {
  const { keep, now } = location;
  const past = rowsOf(location).past(id);
  const endOf = (index: number): number => past[index + 1]?.details.updatedAt ?? Number(updatedAt);
  const first = past.findIndex((_, index) => {
    return past.length - index < keep.versions && endOf(index) >= now() - keep.ageMs;
  });
  return first === -1 ? [] : past.slice(first);
}

/** Resolves with all versions that are kept, the newest first. */
async function loadAll(location: HistoryLocation, id: string): Promise<LoadedVersion[]> {
  const current = await location.store.load(id);
  if (current === undefined) return [];
  const { version, updatedAt, size, json } = current;
  const past = keptPast(location, current).map(({ version: pastVersion, details }) => ({
    version: pastVersion,
    updatedAt: new Date(details.updatedAt),
    size: Buffer.byteLength(details.json),
    isCurrent: false,
    json: details.json,
  }));
  return [...past, { version, updatedAt, size, isCurrent: true, json }].toReversed();
}

async function textOf(location: HistoryLocation, id: string, version: string): Promise<string> {
  const loaded = (await loadAll(location, id)).find((each) => each.version === version);
  if (loaded !== undefined) return loaded.json;
  throw new ThreadStoreError("CONFLICT", "The version is not kept.");
}

async function fork(
  location: HistoryLocation,
  id: string,
  version: string,
  newId: string,
): Promise<StoredThread> {
  const { store } = location;
  const json = await textOf(location, id, version);
  const metadata = { ...(await store.load(id))?.metadata, forkedFrom: id, forkedFromVersion: version };
  try {
    return await store.save(newId, json, { metadata });
  } catch (error) {
    const existing = await store.load(newId);
    const { forkedFrom, forkedFromVersion } = existing?.metadata ?? {};
    if (existing !== undefined && forkedFrom === id && forkedFromVersion === version) return existing;
    throw error;
  }
}

/** Adds the operations on versions to a plain store or view. */
function plainHistoryStore(location: HistoryLocation): VersionedStore {
  const { store, path } = location;
  const viewOf = store.namespace.bind(store);
  return Object.assign(store, {
    versions: async (id: string) =>
      (await loadAll(location, id)).map(({ json: _json, ...details }) => details),
    loadVersion: async (id: string, version: string) =>
      (await loadAll(location, id)).find((each) => each.version === version),
    fork: async (id: string, version: string, newId: string) => fork(location, id, version, newId),
    restore: async (id: string, version: string) => {
      const json = await textOf(location, id, version);
      return store.save(id, json, { previous: await store.load(id) });
    },
    async prune(id: string) {
      const current = await store.load(id);
      if (current === undefined) return undefined;
      rowsOf(location).keep(id, keptPast(location, current));
      return {};
    },
    namespace: (name: string) =>
      plainHistoryStore({ ...location, store: viewOf(name), path: [...path, name] }),
  });
}

/** Returns a harness of plain stores that keep versions. `change` can replace methods of the stores. */
export function plainHistoryHarness(
  name = "plain store with history",
  change: (store: VersionedStore) => VersionedStore = (store) => store,
): Harness {
  const locations = new Map<string, VersionedData>();
  const dataOf = (location: string): VersionedData => {
    const data = locations.get(location) ?? new VersionedData();
    locations.set(location, data);
    return data;
  };
  const everything = { versions: 1000, ageMs: 1e15 };
  const open = (location: string, keep: KeptVersions, options: StoreOptions = {}): VersionedStore => {
    const data = dataOf(location);
    const { now = Date.now } = options;
    return change(plainHistoryStore({ store: plainStore(data, options), data, path: [], keep, now }));
  };
  return {
    name,
    open: async (location, options) => open(location, everything, options),
    async destroy(location) {
      locations.delete(location);
    },
    async rewrite(location, id, rewrite) {
      const rows = dataOf(location).get("[]");
      // Cases only read the record.
      rewrite(Buffer.from(JSON.stringify([rows.get(id), rows.past(id)])));
    },
    history: { open: async (...parameters) => open(...parameters) },
    withoutHistory: async (location, options = {}) => {
      const data = dataOf(location);
      const store = plainStore(data, options);
      const save = store.save.bind(store);
      return Object.assign(store, {
        save: async (...parameters: Parameters<typeof save>) => {
          const stored = await save(...parameters);
          data.get("[]").keep(stored.id, []);
          return stored;
        },
      });
    },
  };
}
