import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ThreadKey, Version } from "@threadstore/core";
import { encodeName } from "./names.ts";

/** Where things are below the store's folder. */
export interface Layout {
  readonly root: string;
  /** Threads being created. One that is still here after an hour was left by a crash. */
  readonly prepared: string;
  /** What was renamed away in order to be removed. Nothing in here is needed any more. */
  readonly trash: string;
  /** Holds the folders of all namespaces but the store's own. */
  readonly namespaces: string;
}

export function layoutOf(root: string): Layout {
  return {
    root,
    prepared: join(root, ".tmp"),
    trash: join(root, ".trash"),
    namespaces: join(root, "namespaces"),
  };
}

/** Holds the folders of a namespace's threads. */
export function namespaceFolder(layout: Layout, namespace: string): string {
  return namespace === "" ? join(layout.root, "threads") : join(layout.namespaces, encodeName(namespace));
}

/** Holds one folder, whose name is the thread's version; nothing when the thread was deleted. */
export function threadFolder(layout: Layout, key: ThreadKey): string {
  return join(namespaceFolder(layout, key.namespace), encodeName(key.id));
}

/** The record of `version` in the folder of that name: `<version>/<version>.json`. */
export function recordFile(thread: string, version: Version): string {
  return join(thread, version, recordName(version));
}

export function recordName(version: Version): string {
  return `${version}.json`;
}

export function isRecordName(name: string): boolean {
  return name.endsWith(".json") && isVersion(name.slice(0, -".json".length));
}

/** Beside the record, the id itself, where the thread's folder has a hashed name. */
export const idFileName = "id";

/** 128 random bits, so that no version ever repeats; lower case, so that none is another's in other letters. */
export function newVersion(): Version {
  return randomBytes(16).toString("hex");
}

export function isVersion(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** A new name in {@link Layout.prepared} or {@link Layout.trash}. */
export function unusedPath(folder: string): string {
  return join(folder, newVersion());
}
