import { join } from "node:path";
import type { ThreadKey } from "@threadstore/core";
import { encodeName } from "./names.ts";
import { randomName } from "./version.ts";

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

/** The name of a segment's file, in the folder of the version that is current. */
export function segmentName(segment: string): string {
  return `${segment}.segment`;
}

export function isSegmentName(name: string): boolean {
  return /^[0-9a-f]{24}\.segment$/u.test(name);
}

/** Beside the segments, the id itself, where the thread's folder has a hashed name. */
export const idFileName = "id";

/** A new name in {@link Layout.prepared} or {@link Layout.trash}. */
export function unusedPath(folder: string): string {
  return join(folder, randomName());
}
