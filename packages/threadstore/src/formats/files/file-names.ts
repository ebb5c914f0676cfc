import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { RecordError } from "../record-error.ts";

/** Matches the first letter of a name that Windows reserves for a device, with or without an extension. */
const DEVICE_NAME = /^(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))./iu;
const OUTER_DOT = /^\.|\.$/gu;
/** A folder must not have the name of a file of a conversation. */
const EXTENSION_DOT = /\.(?=(?:jsonl?|part)$)/iu;
/** Below the 255 bytes that file systems allow, together with an extension. */
const MAX_LENGTH = 200;
/** The end of the name of a folder whose name continues in the next one. No other name ends with it. */
const CONTINUED = "%";

/** How names are written. */
export interface NameStyle {
  /** Whether the file system does not distinguish upper and lower case. */
  readonly ignoresCase: boolean;
}

/**
 * Returns the path of a folder for a name: a sequence of names of which none contains a separator or leaves its folder.
 * All characters but ASCII letters, digits, `-`, `_` and inner dots are escaped as in URLs. A long name is divided.
 */
export function folderPath(name: string, style: NameStyle): string {
  return join(...divided(escaped(name, style).replace(EXTENSION_DOT, percentEncoded)));
}

/** Returns the path of a file for a name and an extension, like {@link folderPath}. */
export function filePath(name: string, extension: string, style: NameStyle): string {
  return join(...divided(escaped(name, style))) + extension;
}

/** Returns the path of the file of a thread: its namespaces are folders. */
export function threadPath(
  namespaces: readonly string[],
  id: string,
  extension: string,
  style: NameStyle,
): string {
  return join(...namespaces.map((name) => folderPath(name, style)), filePath(id, extension, style));
}

function escaped(name: string, { ignoresCase }: NameStyle): string {
  return name.replace(ignoresCase ? /[^0-9a-z._-]/gu : /[^0-9A-Za-z._-]/gu, percentEncoded);
}

function percentEncoded(character: string): string {
  return Buffer.from(character).toString("hex").toUpperCase().replaceAll(/../gu, "%$&");
}

function divided(name: string): string[] {
  if (name === "") throw new RecordError("An empty name cannot be the name of a file.");
  const pieces: string[] = [];
  let rest = name;
  while (rest.length > MAX_LENGTH) {
    // An escape such as %2E stays whole.
    const [piece = ""] = new RegExp(`^(?:%..|[^%]){1,${MAX_LENGTH / 4}}`, "u").exec(rest) ?? [];
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  const last = [...pieces, rest].length - 1;
  return [...pieces, rest].map((piece, index) => safe(piece) + (index < last ? CONTINUED : ""));
}

/** Returns a piece of a name that is neither hidden, nor `..`, nor a device. */
function safe(piece: string): string {
  return piece.replace(OUTER_DOT, percentEncoded).replace(DEVICE_NAME, percentEncoded);
}

/** Returns the name that a file or folder stands for. One that was not escaped stands for itself. */
export function decodeName(fileName: string): string {
  try {
    return decodeURIComponent(fileName);
  } catch {
    return fileName;
  }
}

/** Returns the name of a folder, and whether the names of the entries in the folder continue it. */
export function decodeFolder(folderName: string): { readonly name: string; readonly isContinued: boolean } {
  const isContinued = folderName.endsWith(CONTINUED);
  return { name: decodeName(isContinued ? folderName.slice(0, -1) : folderName), isContinued };
}

/** Resolves with how names must be written in a folder. */
export async function nameStyleOf(folder: string): Promise<NameStyle> {
  if (!existsSync(folder)) return { ignoresCase: process.platform !== "linux" };
  const probe = await mkdtemp(join(folder, ".case-"));
  try {
    await writeFile(join(probe, "name"), "");
    return { ignoresCase: existsSync(join(probe, "NAME")) };
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

/** Returns the name of a file while it is written. Names of conversations do not begin with a dot. */
export function partName(path: string): string {
  return `.${basename(path)}.part`;
}
