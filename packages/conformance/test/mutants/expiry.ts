import type { SaveOptions, StoredThread, StoreOptions, ThreadMetadata, ThreadStore } from "@threadstore/core";
import { plainHarness } from "../stores/plain/plain-harness.ts";
import type { PlainData } from "../stores/plain/plain-record.ts";
import { plainStore } from "../stores/plain/plain-store.ts";
import {
  type Bug,
  withChanges,
  allSummaries,
  withReturnedThreads,
  type Mutant,
  mutant,
  yieldToEventLoop,
} from "./mutant.ts";

/** A correct store that never considers a thread expired. */
function timeless(data: PlainData, options: StoreOptions): ThreadStore {
  return plainStore(data, { ...options, now: () => 0 });
}

/** `Date` cannot represent a later expiry. */
const MAX_TTL_MS = 1e15;

type Given = { -readonly [Name in keyof SaveOptions]: SaveOptions[Name] };

/** A store that saves with changed options. */
export function saving(change: (options: Given, before: StoredThread | undefined) => SaveOptions): Bug {
  return (inner) => ({
    save: async (id, thread, options = {}) => {
      const before = typeof id === "string" && id !== "" ? await inner.load(id) : undefined;
      return inner.save(id, thread, change({ ...options }, before));
    },
  });
}

function isNamingExpiry({ ttlMs, expiresAt }: SaveOptions): boolean {
  return ttlMs !== undefined || expiresAt !== undefined;
}

function seconds(ttlMs: number | undefined): number | undefined {
  return ttlMs === undefined ? undefined : Math.ceil(ttlMs / 1000) * 1000;
}

export const expiryMutants: readonly Mutant[] = [
  mutant("wrong unit", "interprets milliseconds as a shorter unit", ["T1-1"], () =>
    saving(({ ttlMs, ...options }) => ({ ...options, ttlMs: ttlMs === undefined ? undefined : ttlMs / 2 })),
  ),
  mutant("expired threads listed", "lists expired threads", ["T1-2"], () => (_, { data, options }) => ({
    listPage: (...parameters) => timeless(data, options).listPage(...parameters),
  })),
  mutant("expiry lost", "ends the expiry if a save does not name one", ["T3-1", "T3-3"], () =>
    saving((options) => (isNamingExpiry(options) ? options : { ...options, expiresAt: null })),
  ),
  mutant("overwrite ends the expiry", "keeps the expiry only in conditional saves", ["T3-1"], () =>
    saving((options) =>
      options.overwrite === true && !isNamingExpiry(options) ? { ...options, expiresAt: null } : options,
    ),
  ),
  mutant(
    "store's ttlMs wins",
    "replaces a named expiry by the store's ttlMs",
    ["T3-2"],
    () => (inner, context) => ({
      save: (id, thread, options = {}) => {
        const { ttlMs } = context.options;
        return inner.save(
          id,
          thread,
          isNamingExpiry(options) || ttlMs === undefined ? options : { ...options, ttlMs },
        );
      },
    }),
  ),
  mutant("store's ttlMs stands still", "counts the store's ttlMs from the first save only", ["T3-2"], () =>
    saving((options, before) =>
      before === undefined || isNamingExpiry(options)
        ? options
        : { ...options, expiresAt: before.expiresAt ?? null },
    ),
  ),
  mutant("zero means never", "ignores a ttlMs of 0", ["T1-3"], () =>
    saving((options) => ({ ...options, ttlMs: options.ttlMs === 0 ? undefined : options.ttlMs })),
  ),
  mutant(
    "expired deleted by id",
    "deletes expired threads by id, without checking their version again",
    ["T1-4"],
    () =>
      (inner, { data, options }) => ({
        deleteExpired: async (callOptions) => {
          const now = (options.now ?? Date.now)();
          const all = await allSummaries(timeless(data, options));
          const expired = all.filter(
            ({ expiresAt }) => expiresAt !== undefined && expiresAt.getTime() <= now,
          );
          for (const { id } of expired) await inner.delete(id);
          return inner.deleteExpired(callOptions);
        },
      }),
  ),
  mutant("32 bits", "stores the expiry in 32 bits", ["T1-10"], () =>
    saving((options) => ({
      ...options,
      ttlMs: options.ttlMs === undefined ? undefined : options.ttlMs % 2 ** 31 || 1,
    })),
  ),
  mutant("no deletion of expired threads", "never deletes expired threads", ["T1-6"], () => () => ({
    deleteExpired: async () => ({ deleted: 0 }),
  })),
  mutant("dry run ignored", "deletes expired threads in a dry run", ["T1-12"], () => (inner) => ({
    deleteExpired: ({ dryRun: _dryRun, ...options } = {}) => inner.deleteExpired(options),
  })),
  mutant("null means default", "treats expiresAt: null like an omitted expiry", ["T3-2"], () =>
    saving((options) => ({ ...options, expiresAt: options.expiresAt ?? undefined })),
  ),
  mutant("whole seconds", "stores the expiry in whole seconds", ["T1-7"], () =>
    saving((options) => ({ ...options, ttlMs: seconds(options.ttlMs) })),
  ),
  {
    name: "clock read once",
    bug: "reads the clock only when it is opened",
    base: "memory",
    killedBy: ["T1-8"],
    make: () =>
      plainHarness("clock read once", (data, options) => {
        const opened = Date.now();
        return plainStore(data, { ...options, now: options.now ?? (() => opened) });
      }),
  },
  mutant(
    "metadata of expired threads",
    "keeps the metadata of an expired thread",
    ["T1-9"],
    () =>
      (inner, { data, options }) => ({
        save: async (id, thread, callOptions = {}) => {
          const dead = await timeless(data, options).load(id);
          return inner.save(id, thread, { ...callOptions, metadata: callOptions.metadata ?? dead?.metadata });
        },
      }),
  ),
  mutant("ttlMs from the clock", "counts a ttlMs from a clock that may be behind", ["T1-11"], () => {
    return (inner, { options }) => ({
      save: async (id, thread, given = {}) => {
        if (given.ttlMs === undefined || given.ttlMs >= MAX_TTL_MS) return inner.save(id, thread, given);
        const { ttlMs, ...others } = given;
        const expiresAt = new Date((options.now ?? Date.now)() + ttlMs);
        return Number.isNaN(expiresAt.getTime())
          ? inner.save(id, thread, given)
          : inner.save(id, thread, { ...others, expiresAt });
      },
    });
  }),
  mutant(
    "createdAt moves",
    "sets createdAt in every save",
    ["T2-1"],
    () => (inner) => withReturnedThreads(inner, ({ updatedAt }) => ({ createdAt: updatedAt })),
  ),
];

function textOnly(metadata: object | undefined): ThreadMetadata | undefined {
  return (
    metadata && Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)]))
  );
}

export const metadataMutants: readonly Mutant[] = [
  mutant("metadata dropped", "drops metadata if a save does not set it", ["M1-1", "M1-4"], () =>
    saving(({ metadata = {}, ...options }) => ({ ...options, metadata })),
  ),
  mutant("metadata merged", "merges metadata into the stored one", ["M1-2"], () =>
    saving(({ metadata, ...options }, before) => ({
      ...options,
      metadata:
        metadata && Object.keys(metadata).length > 0 ? { ...before?.metadata, ...metadata } : metadata,
    })),
  ),
  mutant("empty metadata ignored", "treats {} like omitted metadata", ["M1-3"], () =>
    saving(({ metadata, ...options }) => ({
      ...options,
      metadata: metadata && Object.keys(metadata).length === 0 ? undefined : metadata,
    })),
  ),
  mutant("overwrite drops metadata", "keeps metadata only in conditional saves", ["M1-4"], () =>
    saving((options) => ({
      ...options,
      metadata: options.metadata ?? (options.overwrite === true ? {} : undefined),
    })),
  ),
  mutant("copied metadata", "copies metadata with Object.assign", ["M1-5"], () =>
    saving((options) => ({ ...options, metadata: options.metadata && Object.assign({}, options.metadata) })),
  ),
  mutant("metadata as text", "converts all metadata values to strings", ["M1-6"], () =>
    saving((options) => ({ ...options, metadata: textOnly(options.metadata) })),
  ),
  mutant(
    "metadata counted in characters",
    "counts the characters of metadata instead of its bytes",
    ["M1-7"],
    () => (inner) => ({
      save: async (id, thread, options = {}) => {
        const json = JSON.stringify(options.metadata ?? {});
        if (json.length > 65_536 || Buffer.byteLength(json) <= 65_536) return inner.save(id, thread, options);
        await yieldToEventLoop();
        const { metadata: _, ...rest } = options;
        return withChanges(await inner.save(id, thread, rest), { metadata: options.metadata ?? {} });
      },
    }),
  ),
];
