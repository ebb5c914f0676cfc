import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { hasTextParts } from "@threadstore/core/documents";
import type { ThreadDriver } from "@threadstore/core/driver";
import {
  type Bug,
  conflict,
  versionIn,
  withChanges,
  withChangesIfFound,
  type Mutant,
  mutant,
  yieldToEventLoop,
} from "./mutant.ts";
import { driverMutant } from "./network-mutant.ts";

/** A store that stores another text than it is given. */
function rewritten(change: (text: string) => string): Bug {
  return (inner) => ({
    save: (id, thread, options) => {
      const isObject = typeof thread === "object" && thread !== null && !hasTextParts(thread);
      // Invalid input is passed on, so that the correct store rejects it.
      if (typeof thread !== "string" && !isObject) return inner.save(id, thread, options);
      return inner.save(id, change(typeof thread === "string" ? thread : JSON.stringify(thread)), options);
    },
  });
}

function respelled(
  name: string,
  bug: string,
  killedBy: readonly string[],
  change: (text: string) => string,
): Mutant {
  return mutant(name, bug, killedBy, () => rewritten(change));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

/** Formats a number like Redis' cjson, with 14 digits. */
function fourteenDigits(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(14)) : value;
}

/** Converts a string that looks like another value, as destr does. */
function guessed(_: string, value: unknown): unknown {
  if (value === "true") return true;
  return typeof value === "string" && /^\d+$/u.test(value) ? Number(value) : value;
}

function loadsThread(inner: ThreadStore, json: (stored: StoredThread) => string): Partial<ThreadStore> {
  return {
    load: (...parameters) =>
      withChangesIfFound(inner.load(...parameters), (stored) => {
        const text = json(stored);
        return { json: text, thread: JSON.parse(text) };
      }),
  };
}

/** Decodes chunk by chunk without carrying over the bytes of a split character. */
function decodedInChunks({ json }: StoredThread): string {
  const bytes = Buffer.from(json);
  let text = "";
  for (let start = 0; start < bytes.length; start += 65_536)
    text += bytes.toString("utf8", start, start + 65_536);
  return text;
}

export const valueMutants: readonly Mutant[] = [
  respelled("parsed text", "parses text and serializes it again", ["V1-4"], (text) =>
    JSON.stringify(JSON.parse(text)),
  ),
  respelled("empty arrays", "turns empty arrays into objects, as cjson does", ["V1-5"], (text) =>
    text.replaceAll("[]", "{}"),
  ),
  respelled("14 digits", "rounds numbers, as cjson does", ["V1-6"], (text) =>
    JSON.stringify(JSON.parse(text, fourteenDigits)),
  ),
  respelled("line breaks", "turns CR LF into LF", ["V1-7"], (text) =>
    text.replaceAll(String.raw`\r\n`, String.raw`\n`),
  ),
  respelled("normalized text", "composes characters in threads", ["V1-8"], (text) => text.normalize("NFC")),
  respelled("sorted members", "sorts members, as jsonb does", ["V1-9"], (text) =>
    JSON.stringify(sorted(JSON.parse(text))),
  ),
  respelled("no NUL", "drops NUL, which PostgreSQL's text type does not support", ["V1-10"], (text) =>
    text.replaceAll(String.raw`\u0000`, ""),
  ),
  respelled("prototype", "copies threads with Object.assign", ["V4-1"], (text) =>
    JSON.stringify(Object.assign({}, JSON.parse(text))),
  ),
  respelled("shallow", "overflows its stack on deep threads", ["V4-2"], (text) => {
    if (/\}{400}/u.test(text)) throw new RangeError("Maximum call stack size exceeded");
    return text;
  }),
  mutant(
    "limit in characters",
    "counts characters instead of bytes",
    ["V5-1"],
    () =>
      (inner, { options }) => ({
        save: async (id, thread, callOptions) => {
          const text = typeof thread === "string" ? thread : JSON.stringify(thread);
          const { maxThreadBytes = 2 ** 24 } = options;
          if (text.length > maxThreadBytes || Buffer.byteLength(text) <= maxThreadBytes)
            return inner.save(id, thread, callOptions);
          const cut = await inner.save(id, "{}", callOptions);
          return withChanges(cut, { json: text });
        },
      }),
  ),
  mutant(
    "chunks",
    "decodes a long text chunk by chunk",
    ["V1-11"],
    () => (inner) => loadsThread(inner, decodedInChunks),
  ),
  mutant("lax JSON", "lets JSON.stringify drop values that JSON does not have", ["V2-1"], () =>
    rewritten((text) => text),
  ),
  mutant("no path", "rejects a thread without naming the path", ["V2-1"], () => (inner) => ({
    save: async (...parameters) => {
      try {
        return await inner.save(...parameters);
      } catch (error) {
        throw ThreadStoreError.is(error, "INVALID_ARGUMENT")
          ? new ThreadStoreError("INVALID_ARGUMENT", "Not JSON.")
          : error;
      }
    },
  })),
  mutant(
    "guessed types",
    "turns strings into booleans and numbers when loading",
    ["V1-12"],
    () => (inner) => ({
      load: (...parameters) =>
        withChangesIfFound(inner.load(...parameters), ({ json }) => ({ thread: JSON.parse(json, guessed) })),
    }),
  ),
  mutant("late copy", "reads the thread after the call has returned", ["V3-1"], () => (inner) => ({
    save: async (...parameters) => {
      await yieldToEventLoop();
      return inner.save(...parameters);
    },
  })),
  mutant("cached objects", "returns the same objects to all callers", ["V3-2"], () => {
    const cache = new Map<string, StoredThread>();
    return (inner) => ({
      load: async (...parameters) => {
        const stored = await inner.load(...parameters);
        if (stored === undefined) return undefined;
        const shared = cache.get(stored.version) ?? stored;
        cache.set(stored.version, shared);
        return shared;
      },
    });
  }),
  mutant("changed options", "changes the options it is passed", ["V3-3"], () => (inner) => ({
    save: (id, thread, options = {}) =>
      inner.save(id, thread, Object.assign(options, { overwrite: options.overwrite ?? false })),
  })),
  respelled("any JSON", "accepts any JSON text as a thread", ["V2-2"], (text) =>
    text.startsWith("{") ? text : JSON.stringify({ value: text }),
  ),
  mutant("conflicts first", "compares versions before it validates a thread", ["V2-5"], () => (inner) => ({
    save: async (id, thread, options = {}) => {
      const version = versionIn(options.previous);
      if (version !== undefined && (await inner.load(id))?.version !== version) throw conflict();
      return inner.save(id, thread, options);
    },
  })),
  mutant("no sharing", "treats an object that occurs twice as a cycle", ["V2-3"], () => (inner) => ({
    save: async (id, thread, options) => {
      const ancestors = new Set<unknown>();
      JSON.stringify(thread, (_, value: unknown) => {
        if (typeof value === "object" && value !== null && ancestors.has(value)) {
          throw new ThreadStoreError("INVALID_ARGUMENT", "The thread is circular.");
        }
        ancestors.add(value);
        return value;
      });
      return inner.save(id, thread, options);
    },
  })),
  mutant(
    "trusted cache",
    "returns the cached thread passed to load without reading",
    ["V1-15", "N3-6"],
    () => (inner) => ({
      load: async (id, options = {}) => options.cached ?? inner.load(id, options),
    }),
  ),
  driverMutant(
    "kept bytes",
    "keeps the buffer that a record is written from and returns it",
    ["V1-4"],
    (inner) => {
      const retained = new Map<string, Uint8Array>();
      const write: ThreadDriver["write"] = async (key, record, ...rest) => {
        const version = await inner.write(key, record, ...rest);
        if (version !== undefined) retained.set(version, record.bytes);
        return version;
      };
      const read: ThreadDriver["read"] = async (...parameters) => {
        const stored = await inner.read(...parameters);
        return stored?.bytes && { ...stored, bytes: retained.get(stored.version) ?? stored.bytes };
      };
      return { ...inner, write, read };
    },
  ),
];
