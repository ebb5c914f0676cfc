import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import {
  compareUtf8,
  isNamespaceWithin,
  keyInTail,
  type NamespacesRequest,
  type StoredNamespaces,
  TRAILER_MAX_BYTES,
} from "@threadstore/core/driver";
import { hasVersion, readCurrentVersion } from "./current-version.ts";
import { decodeName, encodeName, isHashedName, namespaceFolder } from "./keys.ts";
import type { Layout } from "./layout.ts";
import { readTail } from "./segments/segment-reader.ts";
import { unlessCode } from "./system/system-error.ts";

/** Lists the names of all namespaces, but looks for threads only in those on the page. */
export async function listNamespaces(
  layout: Layout,
  { within, after, limit }: NamespacesRequest,
  signal: AbortSignal,
): Promise<StoredNamespaces> {
  // The folder of `within` need not be decoded, so it is found even if all of its records are corrupt.
  const names = [...new Set([within, ...(await allNamespaces(layout, signal))])]
    .filter(
      (name) => isNamespaceWithin(name, within) && (after === undefined || compareUtf8(name, after) > 0),
    )
    .toSorted(compareUtf8);
  const namespaces: string[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    await yieldToEventLoop();
    if (!(await holdsThread(namespaceFolder(layout, name)))) continue;
    // One namespace more than the page holds shows whether another page follows.
    if (namespaces.length === limit) return { namespaces, next: namespaces.at(-1) };
    namespaces.push(name);
  }
  return { namespaces, next: undefined };
}

async function allNamespaces(layout: Layout, signal: AbortSignal): Promise<string[]> {
  const names = [""];
  for (const { name, parentPath } of await foldersIn(layout.namespaces)) {
    const namespace = isHashedName(name)
      ? await readName(join(parentPath, name), name, signal)
      : decodeName(name);
    if (namespace !== undefined) names.push(namespace);
  }
  return names;
}

/** Reads the name of a namespace whose folder has a hashed name from the trailer of any of its records. */
async function readName(folder: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  for (const thread of await foldersIn(folder)) {
    const path = join(folder, thread.name);
    const current = await readCurrentVersion(path, signal, (version, location) =>
      readTail(join(path, version), location, TRAILER_MAX_BYTES),
    );
    const namespace = keyInTail(current?.content ?? new Uint8Array())?.namespace;
    if (namespace !== undefined && encodeName(namespace) === name) return namespace;
  }
  return undefined;
}

async function holdsThread(folder: string): Promise<boolean> {
  for (const { name } of await foldersIn(folder)) if (await hasVersion(join(folder, name))) return true;
  return false;
}

async function foldersIn(folder: string) {
  const entries = (await unlessCode(() => readdir(folder, { withFileTypes: true }), "ENOENT")) ?? [];
  return entries.filter((entry) => entry.isDirectory());
}
