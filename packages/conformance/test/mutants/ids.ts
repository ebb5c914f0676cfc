import { posix } from "node:path";
import { crc32 } from "node:zlib";
import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { type Bug, changed, changedIfThere, type Mutant, mutant, versionIn } from "./mutant.ts";

/** What is no id goes through as it is, for the good store to refuse. */
function anyName(id: unknown, nameOf: (id: string) => string): string {
  return typeof id === "string" && id !== "" ? nameOf(id) || "_" : (id as string);
}

/** A store that keeps threads under another name than their id. */
function named(nameOf: (id: string) => string): Bug {
  return (inner) => {
    return {
      save: async (id, thread, options = {}) => {
        const given = { ...options, previous: versionIn(options.previous) };
        const stored: StoredThread = await inner.save(anyName(id, nameOf), thread, given);
        return changed(stored, { id });
      },
      load: (id, { cached: _cached, ...options } = {}) =>
        changedIfThere(inner.load(anyName(id, nameOf), options), () => ({ id })),
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
    // An id such as "%" is no escape: this lenient store takes it as it is.
    return id;
  }
}

/** Files and folders: an id that continues another one as a path finds a file where a folder has to be. */
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
  lossy("separators", "makes one separator of all", ["N1-3"], (id) => id.replace(/[/\\:|]/gu, ":")),
  lossy("trimming", "drops white space and dots at the ends, as Windows and SQL do", ["N1-4"], (id) =>
    id.replace(/^\s+|[\s.]+$/gu, ""),
  ),
  lossy("paths", "resolves dot segments, as URLs and paths do", ["N4-1"], (id) => posix.normalize(id)),
  lossy("percent decoding", "decodes percent escapes", ["N1-6"], decoded),
  lossy("patterns", "takes wildcards out, since they would be patterns", ["N4-2"], (id) =>
    id.replace(/[*?[\]{}]/gu, "_"),
  ),
  lossy("quoting", "takes quotes and signs out, since they would be SQL", ["N4-3"], (id) =>
    id.replace(/['";$#<>]/gu, ""),
  ),
  lossy("replacement characters", "makes a replacement character of a lone surrogate", ["N1-11"], (id) =>
    id.toWellFormed(),
  ),
  mutant("any id", "makes text of whatever is passed as an id", ["N1-12"], () => (inner) => ({
    save: (id, ...rest) => inner.save(textOf(id), ...rest),
    load: (id, ...rest) => inner.load(textOf(id), ...rest),
    delete: (id, ...rest) => inner.delete(textOf(id), ...rest),
  })),
  lossy("255 bytes", "cuts ids to what a file name holds", ["N1-13"], (id) => id.slice(0, 255)),
  lossy("64 characters", "cuts ids to what a column holds", ["N2-6"], (id) => id.slice(0, 64)),
  lossy("C strings", "ends ids at NUL", ["N1-8"], (id) => id.split("\0")[0] ?? ""),
  mutant("files and folders", "cannot keep x beside x/y", ["N2-3", "N2-5"], filesAndFolders),
  lossy("numbers", "takes ids for numbers where it can", ["N2-4"], (id) =>
    Number.isNaN(Number(id)) ? id : String(Number(id)),
  ),
  lossy("file extensions", "takes an extension off to get from file to id", ["N1-9"], (id) =>
    id.replace(/\.(?:json|tmp|lock)$/u, ""),
  ),
  lossy("three bytes", "holds no characters of 4 bytes, as MySQL's utf8", ["N1-10"], (id) =>
    id.replace(/[\u{10000}-\u{10ffff}]/gu, "?"),
  ),
  mutant("devices", "fails on names of Windows' devices", ["N1-5"], () =>
    named((id) => {
      if (/^(?:con|nul|prn|aux|com\d|lpt\d)(?:\.|$)/iu.test(id))
        throw new ThreadStoreError("BACKEND_ERROR", "EINVAL");
      return id;
    }),
  ),
  mutant("object as map", "looks ids up in an object and finds its inherited members", ["N1-7"], () => {
    const cache: Record<string, StoredThread | undefined> = {};
    return (inner) => ({ load: async (id, options) => cache[id] ?? inner.load(id, options) });
  }),
];

function textOf(id: unknown): string {
  return typeof id === "string" && id !== "" ? id : typeof id;
}
