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

/** File names are not ids: each of these bugs is a mistake of a file-based store or of its file system. */
export const fileNameMutants: readonly Mutant[] = [
  namesMutant("slashes as underscores", "names files after ids, with _ for /", ["N1-3"], {
    nameOf: (text) => goodNames.nameOf(text.replaceAll("/", "_")),
  }),
  namesMutant("folded case", "stores its files where names differ by more than case", ["N2-2"], {
    nameOf: (text) => goodNames.nameOf(text.toLowerCase()),
  }),
  namesMutant("normalized names", "stores its files where names are normalized", ["N1-2"], {
    nameOf: (text) => goodNames.nameOf(text.normalize("NFD")),
  }),
  namesMutant("trimmed ends", "stores its files where names cannot end with a dot or a space", ["N1-4"], {
    nameOf: (text) => goodNames.nameOf(text.replace(/[. ]+$/u, "")),
  }),
  namesMutant("cut names", "cuts names to the length that the file system allows", ["N2-6"], {
    nameOf: (text) => encodeURIComponent(text).slice(0, 150),
  }),
  namesMutant("names without marks", "omits characters that are not allowed in file names", ["N4-3"], {
    nameOf: (text) => goodNames.nameOf(text.replaceAll(/[<>:"|?*']/gu, "")),
  }),
  namesMutant("hidden files", "does not list threads whose id starts with a dot", ["L1-4"], {
    isListed: (id) => !id.startsWith("."),
  }),
  namesMutant("backups", "lists no thread whose id ends with a tilde", ["L1-4"], {
    isListed: (id) => !id.endsWith("~"),
  }),
  namesMutant(
    "does not list threads whose id ends with a tilde",
    "lists in the alphabetical order of a language instead of byte order",
    ["L2-1"],
    {
      inOrder: (ids) => ids.toSorted((one, other) => one.localeCompare(other, "en")),
    },
  ),
];
