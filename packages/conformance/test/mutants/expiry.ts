import type { SaveOptions, StoredThread, StoreOptions, ThreadMetadata, ThreadStore } from "@threadstore/core";
import { plainHarness } from "../stores/plain/plain-harness.ts";
import type { PlainData } from "../stores/plain/plain-record.ts";
import { plainStore } from "../stores/plain/plain-store.ts";
import { type Bug, changed, everything, handsOut, type Mutant, mutant, nextTurn } from "./mutant.ts";

/** A good store that never takes a thread for expired. */
function timeless(data: PlainData, options: StoreOptions): ThreadStore {
  return plainStore(data, { ...options, now: () => 0 });
}

type Given = { -readonly [Name in keyof SaveOptions]: SaveOptions[Name] };

/** A store that saves with other options than it is given. */
function saving(change: (options: Given, before: StoredThread | undefined) => SaveOptions): Bug {
  return (inner) => ({
    save: async (id, thread, options = {}) => {
      const before = typeof id === "string" && id !== "" ? await inner.load(id) : undefined;
      return inner.save(id, thread, change({ ...options }, before));
    },
  });
}

function seconds(ttlMs: number | undefined): number | undefined {
  return ttlMs === undefined ? undefined : Math.ceil(ttlMs / 1000) * 1000;
}

export const expiryMutants: readonly Mutant[] = [
  mutant("wrong unit", "takes milliseconds for something shorter", ["T1-1"], () =>
    saving(({ ttlMs, ...options }) => ({ ...options, ttlMs: ttlMs === undefined ? undefined : ttlMs / 2 })),
  ),
  mutant("lists the expired", "lists what has expired", ["T1-2"], () => (_, { data, options }) => ({
    listPage: (...parameters) => timeless(data, options).listPage(...parameters),
  })),
  mutant("expiry stays", "keeps an expiry when a save gives none", ["T1-3", "T1-12"], () =>
    saving((options, before) => ({
      ...options,
      expiresAt: options.expiresAt ?? (options.ttlMs === undefined ? before?.expiresAt : undefined),
    })),
  ),
  mutant("zero is never", "takes a ttlMs of 0 for none", ["T1-4"], () =>
    saving((options) => ({ ...options, ttlMs: options.ttlMs === 0 ? undefined : options.ttlMs })),
  ),
  mutant(
    "sweep by id",
    "removes by id what had expired when it looked",
    ["T1-5"],
    () =>
      (inner, { data, options }) => ({
        deleteExpired: async (given) => {
          const now = (options.now ?? Date.now)();
          const all = await everything(timeless(data, options));
          const expired = all.filter(
            ({ expiresAt }) => expiresAt !== undefined && expiresAt.getTime() <= now,
          );
          for (const { id } of expired) await inner.delete(id);
          return inner.deleteExpired(given);
        },
      }),
  ),
  mutant("32 bits", "keeps an expiry in 32 bits", ["T1-13"], () =>
    saving((options) => ({
      ...options,
      ttlMs: options.ttlMs === undefined ? undefined : options.ttlMs % 2 ** 31 || 1,
    })),
  ),
  mutant("no sweep", "does not sweep", ["T1-7"], () => () => ({
    deleteExpired: async () => ({ deleted: 0 }),
  })),
  mutant("null is the default", "takes expiresAt: null for none given", ["T1-8"], () =>
    saving((options) => ({ ...options, expiresAt: options.expiresAt ?? undefined })),
  ),
  mutant("whole seconds", "keeps an expiry in whole seconds", ["T1-9"], () =>
    saving((options) => ({ ...options, ttlMs: seconds(options.ttlMs) })),
  ),
  {
    name: "clock of the start",
    bug: "reads the clock when it is opened",
    base: "memory",
    killedBy: ["T1-10"],
    make: () =>
      plainHarness("clock of the start", (data, options) => {
        const opened = Date.now();
        return plainStore(data, { ...options, now: options.now ?? (() => opened) });
      }),
  },
  mutant(
    "metadata of the dead",
    "keeps the metadata of what has expired",
    ["T1-11"],
    () =>
      (inner, { data, options }) => ({
        save: async (id, thread, given = {}) => {
          const dead = await timeless(data, options).load(id);
          return inner.save(id, thread, { ...given, metadata: given.metadata ?? dead?.metadata });
        },
      }),
  ),
  mutant(
    "createdAt moves",
    "sets createdAt with every save",
    ["T2-1"],
    () => (inner) => handsOut(inner, ({ updatedAt }) => ({ createdAt: updatedAt })),
  ),
];

function textOnly(metadata: object | undefined): ThreadMetadata | undefined {
  return (
    metadata && Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)]))
  );
}

export const metadataMutants: readonly Mutant[] = [
  mutant("metadata dropped", "drops metadata when a save gives none", ["M1-1", "M1-4"], () =>
    saving(({ metadata = {}, ...options }) => ({ ...options, metadata })),
  ),
  mutant("metadata merged", "merges metadata into what is there", ["M1-2"], () =>
    saving(({ metadata, ...options }, before) => ({
      ...options,
      metadata:
        metadata && Object.keys(metadata).length > 0 ? { ...before?.metadata, ...metadata } : metadata,
    })),
  ),
  mutant("empty metadata is none", "takes {} for no metadata", ["M1-3"], () =>
    saving(({ metadata, ...options }) => ({
      ...options,
      metadata: metadata && Object.keys(metadata).length === 0 ? undefined : metadata,
    })),
  ),
  mutant("overwrite drops metadata", "keeps metadata for conditional saves only", ["M1-4"], () =>
    saving((options) => ({
      ...options,
      metadata: options.metadata ?? (options.overwrite === true ? {} : undefined),
    })),
  ),
  mutant("copied metadata", "copies metadata with Object.assign", ["M1-5"], () =>
    saving((options) => ({ ...options, metadata: options.metadata && Object.assign({}, options.metadata) })),
  ),
  mutant("metadata as text", "makes text of whatever metadata holds", ["M1-6"], () =>
    saving((options) => ({ ...options, metadata: textOnly(options.metadata) })),
  ),
  mutant("metadata counted in characters", "counts the characters of metadata", ["M1-7"], () => (inner) => ({
    save: async (id, thread, options = {}) => {
      const json = JSON.stringify(options.metadata ?? {});
      if (json.length > 8192 || Buffer.byteLength(json) <= 8192) return inner.save(id, thread, options);
      await nextTurn();
      const { metadata: _, ...rest } = options;
      return changed(await inner.save(id, thread, rest), { metadata: options.metadata ?? {} });
    },
  })),
];
