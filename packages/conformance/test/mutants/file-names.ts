import { fileHarness } from "../stores/files/file-harness.ts";
import { type FileNames, goodNames } from "../stores/files/file-names.ts";
import type { Mutant } from "./mutant.ts";

function namesMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  names: Partial<FileNames>,
): Mutant {
  const make = () => fileHarness(name, "none", { ...goodNames, ...names });
  return { name: `files, ${name}`, bug, base: "file system", killedBy, make };
}

/** Names of files, which are not ids: each of these was a file-based store's mistake, or its file system's. */
export const fileNameMutants: readonly Mutant[] = [
  namesMutant("slashes as underscores", "names files after ids, with _ for /", ["N1-3"], {
    nameOf: (text) => goodNames.nameOf(text.replaceAll("/", "_")),
  }),
  namesMutant("case folded", "keeps its files where names differ by more than case", ["N2-2"], {
    nameOf: (text) => goodNames.nameOf(text.toLowerCase()),
  }),
  namesMutant("names normalized", "keeps its files where names are normalized", ["N1-2"], {
    nameOf: (text) => goodNames.nameOf(text.normalize("NFD")),
  }),
  namesMutant("ends trimmed", "keeps its files where names end with no dot and no space", ["N1-4"], {
    nameOf: (text) => goodNames.nameOf(text.replace(/[. ]+$/u, "")),
  }),
  namesMutant("names cut", "cuts names to what the file system takes", ["N2-6"], {
    nameOf: (text) => encodeURIComponent(text).slice(0, 150),
  }),
  namesMutant("names without marks", "leaves out what is not allowed in names", ["N4-3"], {
    nameOf: (text) => goodNames.nameOf(text.replaceAll(/[<>:"|?*']/gu, "")),
  }),
  namesMutant("hidden files", "lists no thread whose id begins with a dot", ["L1-4"], {
    isListed: (id) => !id.startsWith("."),
  }),
  namesMutant("backups", "lists no thread whose id ends with a tilde", ["L1-4"], {
    isListed: (id) => !id.endsWith("~"),
  }),
  namesMutant("locale's order", "lists in the order of a language, not of bytes", ["L2-1"], {
    inOrder: (ids) => ids.toSorted((one, other) => one.localeCompare(other, "en")),
  }),
];
