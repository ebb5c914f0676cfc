import { posix } from "node:path";
import { crc32 } from "node:zlib";
import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { type Bug, withChanges, withChangesIfFound, type Mutant, mutant, versionIn } from "./mutant.ts";

/** Passes on an invalid id unchanged, so that the correct store rejects it. */
function anyName(id: unknown, nameOf: (id: string) => string): string {
  return typeof id === "string" && id !== "" ? nameOf(id) || "_" : (id as string);
}

/** A store that stores threads under another name than their id. */
export function named(nameOf: (id: string) => string): Bug {
  return (inner) => {
    return {
      save: async (id, thread, options = {}) => {
        const ownOptions = { ...options, previous: versionIn(options.previous) };
        const stored: StoredThread = await inner.save(anyName(id, nameOf), thread, ownOptions);
        return withChanges(stored, { id });
      },
      load: (id, { cached: _cached, ...options } = {}) =>
        withChangesIfFound(inner.load(anyName(id, nameOf), options), () => ({ id })),
      delete: (id, options = {}) =>
        inner.delete(anyName(id, nameOf), { ...options, previous: versionIn(options.previous) }),
    };
  };
}

function lossy(
  name: string,
  bug: string,
  killedBy: readonly string[],
  nameOf: (id: string) => string,
): Mutant {
  return mutant(name, bug, killedBy, () => named(nameOf));
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    // An id such as "%" is not an escape. This lenient store takes it literally.
    return id;
  }
}

/** Files and folders: an id that extends another one as a path finds a file instead of a folder. */
function filesAndFolders(): Bug {
  const files = new Set<string>();
  return (inner) => ({
    save: async (id, ...rest) => {
      const clash = [...files].some((file) => file.startsWith(`${id}/`) || id.startsWith(`${file}/`));
      if (clash) throw new ThreadStoreError("BACKEND_ERROR", "ENOTDIR: not a directory");
      files.add(id);
      return inner.save(id, ...rest);
    },
    delete: async (id, ...rest) => {
      files.delete(id);
      return inner.delete(id, ...rest);
    },
  });
}

export const idMutants: readonly Mutant[] = [
  lossy("short hash", "names threads by a hash of 6 bits", ["N1-1"], (id) => String(crc32(id) % 64)),
  lossy("case folding", "ignores case, as MySQL, Windows and macOS do", ["N2-2"], (id) => id.toLowerCase()),
  lossy("normalization", "composes characters, as HFS+ and some databases do", ["N1-2"], (id) =>
    id.normalize("NFC"),
  ),
  lossy("separators", "maps all separators to one", ["N1-3"], (id) => id.replace(/[/\\:|]/gu, ":")),
  lossy("trimming", "drops white space and dots at the ends, as Windows and SQL do", ["N1-4"], (id) =>
    id.replace(/^\s+|[\s.]+$/gu, ""),
  ),
  lossy("paths", "resolves dot segments, as URLs and paths do", ["N4-1"], (id) => posix.normalize(id)),
  lossy("percent decoding", "decodes percent escapes", ["N1-6"], decoded),
  lossy("patterns", "removes wildcards, which would be patterns", ["N4-2"], (id) =>
    id.replace(/[*?[\]{}]/gu, "_"),
  ),
  lossy("quoting", "removes quotes and special characters, which would be SQL", ["N4-3"], (id) =>
    id.replace(/['";$#<>]/gu, ""),
  ),
  lossy("replacement characters", "replaces a lone surrogate by the replacement character", ["N1-11"], (id) =>
    id.toWellFormed(),
  ),
  mutant("any id", "converts any id to a string", ["N1-12"], () => (inner) => ({
    save: (id, ...rest) => inner.save(textOf(id), ...rest),
    load: (id, ...rest) => inner.load(textOf(id), ...rest),
    delete: (id, ...rest) => inner.delete(textOf(id), ...rest),
  })),
  lossy("255 bytes", "cuts ids to the length of a file name", ["N1-13"], (id) => id.slice(0, 255)),
  lossy("last byte", "omits the last byte of the longest ids", ["N1-13", "N2-6"], (id) =>
    Buffer.byteLength(id) === 512 ? Buffer.from(id).subarray(0, -1).toString() : id,
  ),
  lossy(
    "hash of the beginning",
    "names threads with long ids by a hash of the first 256 bytes",
    ["N1-13"],
    (id) => (Buffer.byteLength(id) <= 256 ? id : `hash ${crc32(Buffer.from(id).subarray(0, 256))}`),
  ),
  lossy("64 characters", "cuts ids to the length of a column", ["N2-6"], (id) => id.slice(0, 64)),
  lossy("C strings", "ends ids at NUL", ["N1-8"], (id) => id.split("\0")[0] ?? ""),
  mutant("files and folders", "cannot store both x and x/y", ["N2-3", "N2-5"], filesAndFolders),
  lossy("numbers", "converts ids to numbers if possible", ["N2-4"], (id) =>
    Number.isNaN(Number(id)) ? id : String(Number(id)),
  ),
  lossy("file extensions", "strips an extension to get from the file to the id", ["N1-9"], (id) =>
    id.replace(/\.(?:json|tmp|lock)$/u, ""),
  ),
  lossy("three bytes", "does not store characters of 4 bytes, like MySQL's utf8", ["N1-10"], (id) =>
    id.replace(/[\u{10000}-\u{10ffff}]/gu, "?"),
  ),
  mutant("devices", "fails for the names of Windows devices", ["N1-5"], () =>
    named((id) => {
      if (/^(?:con|nul|prn|aux|com\d|lpt\d)(?:\.|$)/iu.test(id))
        throw new ThreadStoreError("BACKEND_ERROR", "EINVAL");
      return id;
    }),
  ),
  mutant("object as map", "looks ids up in an object and finds inherited members", ["N1-7"], () => {
    const cache: Record<string, StoredThread | undefined> = {};
    return (inner) => ({ load: async (id, options) => cache[id] ?? inner.load(id, options) });
  }),
];

function textOf(id: unknown): string {
  return typeof id === "string" && id !== "" ? id : typeof id;
}
