import { createHash } from "node:crypto";
import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { type Bug, withChanges, conflict, type Mutant, mutant, versionIn } from "./mutant.ts";

/** A save, as seen by a store that makes its own versions. */
interface Made {
  readonly stored: StoredThread;
  /** The number of saves of this id, including this one, since it was last created. */
  readonly count: number;
  readonly now: number;
}

type Matches = (expected: string, current: string) => boolean;

/** A store that returns its own versions instead of those of the correct store. Works for one caller at a time. */
function versioned(
  makeVersion: (made: Made) => string,
  matches: Matches = (expected, current) => expected === current,
): Bug {
  const versions = new Map<string, string>();
  const counts = new Map<string, number>();
  return (inner, { options }) => {
    async function translate(id: string, version: string | undefined): Promise<string | undefined> {
      if (typeof version !== "string") return version;
      const current = await inner.load(id);
      return current !== undefined && matches(version, versions.get(current.version) ?? "?")
        ? current.version
        : "stale";
    }
    return {
      save: async (id, thread, callOptions = {}) => {
        const stored = await inner.save(id, thread, {
          ...callOptions,
          previous: await translate(id, versionIn(callOptions.previous)),
        });
        const count = (counts.get(id) ?? 0) + 1;
        counts.set(id, count);
        versions.set(stored.version, makeVersion({ stored, count, now: (options.now ?? Date.now)() }));
        return withVersion(stored, versions);
      },
      load: async (id, { cached: _cached, ...callOptions } = {}) => {
        const stored = await inner.load(id, callOptions);
        return stored && withVersion(stored, versions);
      },
      delete: async (id, callOptions = {}) => {
        const isGone = await inner.delete(id, {
          ...callOptions,
          previous: await translate(id, versionIn(callOptions.previous)),
        });
        counts.delete(id);
        return isGone;
      },
      listPage: async (callOptions) => {
        const { threads, cursor } = await inner.listPage(callOptions);
        return {
          threads: threads.map((each) => ({ ...each, version: versions.get(each.version) ?? "?" })),
          cursor,
        };
      },
    };
  };
}

function withVersion(stored: StoredThread, versions: ReadonlyMap<string, string>): StoredThread {
  return withChanges(stored, { version: versions.get(stored.version) ?? "?" });
}

function hashOf(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** Saves to the correct store with changed options. */
function savesWith(inner: ThreadStore, change: (options: object) => object): Partial<ThreadStore> {
  return { save: (id, thread, options = {}) => inner.save(id, thread, change(options)) };
}

export const versionMutants: readonly Mutant[] = [
  mutant("content hash", "derives versions from the content, like S3's ETag", ["C1-1", "C1-4"], () =>
    versioned(({ stored }) => hashOf(stored.json)),
  ),
  mutant("restarting counter", "restarts the count of versions after a delete", ["C1-3"], () =>
    versioned(({ count }) => String(count)),
  ),
  mutant("counter per thread", "compares versions regardless of their thread", ["C2-8"], () =>
    versioned(({ stored, count }) => `${count}.${hashOf(stored.json)}`),
  ),
  mutant("short counter", "counts versions in 7 bits", ["C1-6"], () =>
    versioned(({ count }) => String(count % 128)),
  ),
  mutant("clock", "derives versions from the clock", ["C1-7"], () => versioned(({ now }) => String(now))),
  mutant("counter per client", "counts versions from 1 in each client", ["C1-8"], () => {
    const bugs = new WeakMap<object, Bug>();
    return (inner, context) => {
      const bug = bugs.get(inner) ?? versionedPerClient();
      bugs.set(inner, bug);
      return bug(inner, context);
    };
  }),
  mutant("quoted ETag", "returns ETags with their quotes", ["C1-9"], () =>
    versioned(({ stored }) => `"${stored.version}"`),
  ),
  mutant("loose match", "compares a prefix of versions, without case", ["C1-5"], () =>
    versioned(
      ({ stored }) => stored.version,
      (expected, current) => current.toLowerCase().startsWith(expected.toLowerCase()),
    ),
  ),
  mutant("lenient ETag", "strips quotes and lists from a version", ["C2-6"], () =>
    versioned(
      ({ stored }) => stored.version,
      (expected, current) => expected.replace(/^W\/|["\s]/gu, "") === current || expected === "*",
    ),
  ),
  mutant(
    "other version from save",
    "returns different versions from save and load",
    ["C1-2"],
    () => (inner) => ({
      save: async (...parameters) => {
        const stored = await inner.save(...parameters);
        return withChanges(stored, { version: stored.version.toUpperCase() });
      },
    }),
  ),
  mutant("weak version in lists", "lists different versions than it loads", ["L4-1"], () => (inner) => ({
    listPage: async (options) => {
      const { threads, cursor } = await inner.listPage(options);
      return { threads: threads.map((each) => ({ ...each, version: `W/${each.version}` })), cursor };
    },
  })),
  mutant(
    "undefined as precondition",
    "treats previous: undefined as a precondition",
    ["C2-2"],
    () => (inner) => ({
      save: async (id, thread, options = {}) => {
        if ("previous" in options && options.previous === undefined) throw conflict();
        return inner.save(id, thread, options);
      },
    }),
  ),
  mutant(
    "create overwrites",
    "replaces a thread when it is saved without previous",
    ["C2-3"],
    () => (inner) =>
      savesWith(inner, (options) => ("previous" in options ? options : { ...options, overwrite: true })),
  ),
  mutant(
    "own objects only",
    "accepts only versions that the same client has loaded",
    ["C2-4"],
    () => (inner) => ({
      save: async (id, thread, options = {}) => {
        if (typeof options.previous === "object" && !("json" in options.previous)) throw conflict();
        return inner.save(id, thread, options);
      },
    }),
  ),
  mutant(
    "condition ignored",
    "ignores previous, as some S3 emulators do",
    ["C2-5"],
    () => (inner) =>
      savesWith(inner, (options) =>
        "previous" in options ? { ...options, previous: undefined, overwrite: true } : options,
      ),
  ),
  mutant(
    "recreation",
    "creates a deleted thread again for a stale previous",
    ["C2-7", "T1-5"],
    () => (inner) => ({
      save: async (id, thread, options = {}) => {
        const isGone = options.previous !== undefined && (await inner.load(id)) === undefined;
        return inner.save(id, thread, isGone ? { ...options, previous: undefined } : options);
      },
    }),
  ),
  mutant(
    "wrong version in conflicts",
    "reports the caller's version as the current one",
    ["C3-1"],
    () => (inner) => ({
      save: async (id, thread, options = {}) => {
        try {
          return await inner.save(id, thread, options);
        } catch (error) {
          if (!ThreadStoreError.is(error, "CONFLICT") || options.previous === undefined) throw error;
          throw new ThreadStoreError("CONFLICT", "Stale.", {
            id,
            currentVersion: versionIn(options.previous),
          });
        }
      },
    }),
  ),
  mutant("delete never matches", "sends the ETag of a delete as null", ["C2-9"], () => (inner) => ({
    delete: (id, options = {}) =>
      inner.delete(id, options.previous === undefined ? options : { previous: "null" }),
  })),
  mutant("delete ignores previous", "deletes at any version", ["C2-10"], () => (inner) => ({
    delete: (id, { previous: _previous, ...options } = {}) => inner.delete(id, options),
  })),
  mutant(
    "versions of rejected saves",
    "creates a new version even if it rejects a save",
    ["C2-12"],
    () => (inner) => ({
      save: async (id, thread, options) => {
        try {
          return await inner.save(id, thread, options);
        } catch (error) {
          const before = typeof id === "string" && id !== "" ? await inner.load(id) : undefined;
          if (before !== undefined) await inner.save(id, before.json, { overwrite: true });
          throw error;
        }
      },
    }),
  ),
];

function versionedPerClient(): Bug {
  let count = 0;
  return versioned(() => {
    count += 1;
    return String(count);
  });
}
