import { setTimeout as wait } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { SaveOptions, StoredThread, ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  DriverError,
  type MemoryRecords,
  memoryDriver,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { checkThenAct } from "./concurrency.ts";
import { saving } from "./expiry.ts";
import { named } from "./ids.ts";
import {
  type Bug,
  type Mutant,
  mutant,
  versionIn,
  withChanges,
  wrapStore,
  yieldToEventLoop,
} from "./mutant.ts";
import { prefixes } from "./namespaces.ts";
import { driverMutant, replacingErrors } from "./network-mutant.ts";

const LONG = 262_144;

function lengthOf(thread: object | string): number {
  return (typeof thread === "string" ? thread : JSON.stringify(thread)).length;
}

/** Checks and acts in two steps for some saves only. */
function racingIf(isAffected: (thread: object | string, options: SaveOptions) => boolean): Bug {
  const racing = checkThenAct((work) => work());
  return (inner, context) => {
    return {
      save: (id, thread, options = {}) => {
        const store = isAffected(thread, options) ? wrapStore(inner, context, racing) : inner;
        return store.save(id, thread, options);
      },
    };
  };
}

/** Views inside views check and act in two steps. */
function racingViews(depth: number): Bug {
  const racing = checkThenAct((work) => work());
  return (inner, context) => ({
    ...(depth >= 2 ? racing(inner, context) : {}),
    namespace: (name) => wrapStore(inner.namespace(name), context, racingViews(depth + 1)),
  });
}

/** Reads what an overwrite keeps and then writes it. */
function keepingInTwoSteps(kept: (before: StoredThread) => SaveOptions): Bug {
  return (inner) => ({
    save: async (id, thread, options = {}) => {
      const before = options.overwrite === true ? await inner.load(id) : undefined;
      await yieldToEventLoop();
      return inner.save(id, thread, { ...(before && kept(before)), ...options });
    },
  });
}

/** A backend whose own timer deletes a thread when the first expiry that was named for it has come. */
function nativeExpiry(): Bug {
  const deadlines = new Map<string, number>();
  return (inner) => ({
    save: async (id, thread, options = {}) => {
      const stored = await inner.save(id, thread, options);
      // Endings of the expiry do not reach the timer.
      if (options.ttlMs !== undefined)
        deadlines.set(id, Math.min(deadlines.get(id) ?? Infinity, Date.now() + options.ttlMs));
      return stored;
    },
    load: async (id, options) => {
      if ((deadlines.get(id) ?? Infinity) <= Date.now()) await inner.delete(id);
      return inner.load(id, options);
    },
    delete: (id, options) => {
      deadlines.delete(id);
      return inner.delete(id, options);
    },
  });
}

/** Rows with the pieces of long threads. */
function pieces(remove: (call: "save" | "delete") => boolean): Bug {
  return (inner, { data }) => {
    const rows = data.get("pieces") ?? new Map();
    data.set("pieces", rows);
    const removePieces = (id: string): void => {
      for (const name of rows.keys()) if (name.startsWith(`${id} `)) rows.delete(name);
    };
    return {
      save: async (id, thread, options) => {
        const stored = await inner.save(id, thread, options);
        if (remove("save")) removePieces(id);
        for (let start = LONG; start < stored.size; start += LONG)
          rows.set(`${id} ${start}`, { version: "", bytes: new Uint8Array() });
        return stored;
      },
      delete: async (id, options) => {
        const isGone = await inner.delete(id, options);
        if (remove("delete")) removePieces(id);
        return isGone;
      },
    };
  };
}

/** Returns an `updatedAt` that is the clock's time if a save has this form. */
function followingClock(isAffected: (options: SaveOptions) => boolean): Bug {
  return (inner, { options: { now = Date.now } }) => ({
    save: async (id, thread, options = {}) => {
      const stored = await inner.save(id, thread, options);
      return isAffected(options) ? withChanges(stored, { updatedAt: new Date(now()) }) : stored;
    },
  });
}

/** A driver over core's, in memory. */
function memoryDriverMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  change: (inner: ThreadDriver) => ThreadDriver,
): Mutant {
  return {
    name,
    bug,
    base: "memory",
    killedBy,
    make() {
      const locations = new Map<string, MemoryRecords>();
      return {
        name,
        async open(location, options) {
          const records: MemoryRecords = locations.get(location) ?? new Map();
          locations.set(location, records);
          return createThreadStore(change(memoryDriver({ records })), options);
        },
        destroy: async (location) => void locations.delete(location),
      };
    },
  };
}

/** Versions are counts and nonces, of which only the counts are compared. */
function comparingCounts(inner: ThreadDriver): ThreadDriver {
  const counts = new Map<string, number>();
  const shown = (version: string): string => `${counts.get(version) ?? 0}-${version}`;
  async function resolved(key: Parameters<ThreadDriver["read"]>[0], expected: string): Promise<string> {
    const options = { signal: new AbortController().signal };
    const version = (await inner.read(key, undefined, options))?.version ?? "";
    return expected.split("-", 1)[0] === String(counts.get(version) ?? 0) ? version : expected;
  }
  return {
    ...inner,
    async read(key, _cached, options) {
      const stored = await inner.read(key, undefined, options);
      return stored && { ...stored, version: shown(stored.version) };
    },
    async write(key, record, expected, options) {
      const before = expected === undefined ? undefined : await resolved(key, expected);
      const version = await inner.write(key, record, before, options);
      if (version === undefined) return undefined;
      counts.set(version, expected === undefined ? 1 : Number(expected.split("-", 1)[0]) + 1);
      return shown(version);
    },
    delete: async (key, expected, options) => inner.delete(key, await resolved(key, expected), options),
    async list(namespace, page, options) {
      const { records, next } = await inner.list(namespace, page, options);
      return { records: records.map((each) => ({ ...each, version: shown(each.version) })), next };
    },
  };
}

function fnv1a(id: string): number {
  return Buffer.from(id).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0;
}

function javaHash(id: string): number {
  return [...Buffer.from(id)].reduce((hash, byte) => (Math.imul(31, hash) + byte) | 0, 0) >>> 0;
}

function hashedNames(name: string, hash: (id: string) => number): Mutant {
  const nameOf = (id: string): string => (id.length <= 256 ? hash(id).toString(16) : id);
  return mutant(`names by ${name}`, `names threads by the ${name} hash of their ids`, ["N2-8"], () =>
    named(nameOf),
  );
}

function joinedBy(name: string, separator: string): Mutant {
  const bug = `joins namespace and id by ${name}`;
  return mutant(`joined by ${name}`, bug, ["N3-8"], () => prefixes(separator));
}

/** Remembers what this function returns for each call. */
function remembering(
  remembered: (thread: object | string, options: SaveOptions, stored: StoredThread) => unknown,
): Bug {
  const all: unknown[] = [];
  return (inner) => ({
    save: async (id, thread, options = {}) => {
      const stored = await inner.save(id, thread, options);
      all.push(remembered(thread, options, stored));
      return stored;
    },
  });
}

/** Waits for the timer that a store starts for each call. */
function withTimers(inner: ThreadStore): Partial<ThreadStore> {
  return {
    save: async (id, thread, options) => {
      const stored = await inner.save(id, thread, options);
      void wait(600_000, stored, { ref: false });
      return stored;
    },
  };
}

/** Bugs of kinds that the first cases did not see: on paths of their own, by other names, in what remains. */
export const blindSpotMutants: readonly Mutant[] = [
  mutant("races of long threads", "checks and writes long threads in two steps", ["C4-9"], () =>
    racingIf((thread) => lengthOf(thread) > LONG),
  ),
  mutant("races in views", "checks and writes in two steps in nested namespaces", ["C4-9"], () =>
    racingViews(0),
  ),
  mutant("races of expiring threads", "checks and writes threads with an expiry in two steps", ["C4-9"], () =>
    racingIf((_, { ttlMs }) => ttlMs !== undefined),
  ),
  mutant(
    "metadata in two steps",
    "reads the metadata that an overwrite keeps in a step before",
    ["M1-9"],
    () => keepingInTwoSteps(({ metadata }) => ({ metadata })),
  ),
  mutant("expiry in two steps", "reads the expiry that an overwrite keeps in a step before", ["M1-9"], () =>
    keepingInTwoSteps(({ expiresAt }) => ({ expiresAt: expiresAt ?? null })),
  ),
  mutant("metadata of long threads", "loses the metadata of long threads that grow", ["M1-10"], () =>
    saving((options, before) =>
      before !== undefined && before.size > LONG ? { ...options, metadata: options.metadata ?? {} } : options,
    ),
  ),
  mutant("native expiry stays", "does not end the expiry that its backend applies", ["T1-8"], nativeExpiry),
  mutant("clock followed by overwrite", "sets updatedAt back when it overwrites", ["T2-2"], () =>
    followingClock(({ overwrite }) => overwrite === true),
  ),
  mutant("clock followed by versions", "sets updatedAt back in saves with a bare version", ["T2-2"], () =>
    followingClock(({ previous }) => typeof previous === "string"),
  ),
  mutant("clock followed by objects", "sets updatedAt back in saves with other objects", ["T2-2"], () =>
    followingClock(
      ({ previous }) => versionIn(previous) !== undefined && !Object.hasOwn(Object(previous), "json"),
    ),
  ),
  memoryDriverMutant(
    "counts compared",
    "compares the counting part of versions only",
    ["C1-3"],
    comparingCounts,
  ),
  hashedNames("CRC-32", (id) => crc32(id)),
  hashedNames("FNV-1a", fnv1a),
  hashedNames("Java", javaHash),
  joinedBy("a colon", ":"),
  joinedBy("NUL", "\u0000"),
  joinedBy("two underscores", "__"),
  joinedBy("an escaped slash", "%2F"),
  mutant("pieces after shrinking", "keeps the pieces of long threads that shrink", ["D3-5"], () =>
    pieces((call) => call === "delete"),
  ),
  mutant("pieces after deletes", "keeps the pieces of long threads that are deleted", ["D3-5"], () =>
    pieces((call) => call === "save"),
  ),
  mutant("cut at 16 MiB", "cuts records at 16 MiB", ["V5-1"], () => (inner) => ({
    load: async (id, options) => {
      const stored = await inner.load(id, options);
      return stored && stored.size > 16_777_000
        ? withChanges(stored, { json: stored.json.slice(0, 16_777_000) })
        : stored;
    },
  })),
  mutant("remembered threads", "keeps the threads of all saves in memory", ["F6-6"], () =>
    remembering((thread) => thread),
  ),
  mutant("remembered options", "keeps the options of all saves in memory", ["F6-6"], () =>
    remembering((_, options) => options),
  ),
  mutant(
    "timers that remember",
    "starts a timer for each save, which keeps the thread",
    ["F6-6"],
    () => withTimers,
  ),
  driverMutant("content in errors", "attaches the request to its errors", ["F1-6"], (inner) => ({
    ...inner,
    write: (key, record, expected, options) => {
      const { bytes } = record;
      const attaching = replacingErrors(
        inner,
        ({ code, message, effect }) =>
          new DriverError(code, message, {
            effect,
            cause: Object.assign(new Error("The request failed."), { request: { body: Buffer.from(bytes) } }),
          }),
      );
      return attaching.write(key, record, expected, options);
    },
  })),
];
