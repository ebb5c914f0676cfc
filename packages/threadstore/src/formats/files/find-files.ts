import { type Dirent, existsSync } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../../usage-error.ts";
import type { TransferContext } from "../transfer-format.ts";
import { decodeFolder, decodeName } from "./file-names.ts";

/** A file of a conversation. */
export interface FoundFile {
  readonly path: string;
  /** The names of the folders that lead to it, decoded. */
  readonly folders: readonly string[];
  /** Its name without the extension, decoded. */
  readonly name: string;
  /** Its extension, such as `.jsonl`. */
  readonly extension: string;
}

/**
 * Yields the file at a path, or the files with these extensions in a folder and in the folders in it. Does not follow
 * symbolic links in the folder. Skips hidden files, such as files that are still being written. Reports files that
 * differ only in their extension, and skips them.
 */
export async function* findFiles(
  root: string,
  extensions: readonly string[],
  context: SearchContext,
): AsyncGenerator<FoundFile> {
  if (await isFolder(root)) {
    yield* filesIn({ path: root, folders: [], prefix: "" }, extensions, context);
    return;
  }
  const extension = extensions.find((each) => root.endsWith(each));
  if (extension === undefined) {
    throw new UsageError(`The name of the file must end with ${extensions.join(" or ")}.`);
  }
  yield { path: root, folders: [], name: nameOf(root, extension), extension };
}

/** Resolves with whether a path is a folder. Throws a {@link UsageError} if there is nothing. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (!isFileFailure(error)) throw error;
    throw new UsageError(`${path} cannot be read (${error.code}). Correct the path.`, { cause: error });
  }
}

/** Recognizes an error of the file system. */
export function isFileFailure(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return isError(error) && "code" in error && "syscall" in error && typeof error.code === "string";
}

type SearchContext = Pick<TransferContext, "signal" | "report">;

/** A folder. `prefix` is the beginning of a name that is divided. */
interface Folder {
  readonly path: string;
  readonly folders: readonly string[];
  readonly prefix: string;
}

async function* filesIn(
  { path, folders, prefix }: Folder,
  extensions: readonly string[],
  context: SearchContext,
): AsyncGenerator<FoundFile> {
  for await (const entry of entriesOf(path, context)) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) {
      const { name, isContinued } = decodeFolder(entry.name);
      const full = prefix + name;
      const position = isContinued ? { folders, prefix: full } : { folders: [...folders, full], prefix: "" };
      yield* filesIn({ path: inner, ...position }, extensions, context);
      continue;
    }
    const extension = extensions.find((each) => entry.name.endsWith(each));
    if (!entry.isFile() || extension === undefined) continue;
    const twin = twinOf(inner, extension, extensions);
    if (twin === undefined) {
      yield { path: inner, folders, name: prefix + nameOf(entry.name, extension), extension };
    } else {
      context.report({
        place: inner,
        message: `${twin} has the same name. Move one of them to another folder.`,
      });
    }
  }
}

/** Yields the entries of a folder, without hidden files. Reports a folder that cannot be read. */
export async function* entriesOf(path: string, { signal, report }: SearchContext): AsyncGenerator<Dirent> {
  try {
    for await (const entry of await opendir(path)) {
      signal.throwIfAborted();
      if (!entry.name.startsWith(".")) yield entry;
    }
  } catch (error) {
    if (!isFileFailure(error)) throw error;
    report({ place: path, message: `The folder cannot be read (${error.code}).` });
  }
}

/**
 * Returns the file that differs from this one only in its extension. Both would be the same thread, of which the second
 * one would replace the first, or be left out as its beginning.
 */
function twinOf(path: string, extension: string, extensions: readonly string[]): string | undefined {
  const others = extensions.filter((each) => each !== extension);
  const names = others.map((each) => basename(path, extension) + each);
  return names.find((name) => existsSync(join(dirname(path), name)));
}

function nameOf(path: string, extension: string): string {
  return decodeName(basename(path, extension));
}
