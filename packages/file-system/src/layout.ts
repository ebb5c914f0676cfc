import { join, sep } from "node:path";
import { randomName } from "./version.ts";

/** The folders below the store's folder. */
export interface Layout {
  readonly root: string;
  /** Holds the folders of the threads in the default namespace. */
  readonly threads: string;
  /** Holds threads that are being created. A crash left those that are older than an hour. */
  readonly staging: string;
  /** Holds folders that are being removed. Nothing in here is needed. */
  readonly trash: string;
  /** Holds the folders of all namespaces except the store's default one. */
  readonly namespaces: string;
}

export function createLayout(root: string): Layout {
  return {
    root,
    threads: join(root, "threads"),
    staging: join(root, ".tmp"),
    trash: join(root, ".trash"),
    namespaces: join(root, "namespaces"),
  };
}

/** Returns the path of an entry of a folder. Unlike `join`, does not look for `.` and `..`, which no name contains. */
export function pathIn(folder: string, name: string): string {
  return `${folder}${sep}${name}`;
}

/** Returns the name of a segment's file in the folder of the current version. */
export function segmentFileName(segment: string): string {
  return `${segment}.segment`;
}

export function isSegmentFileName(name: string): boolean {
  return /^[0-9a-f]{24}\.segment$/u.test(name);
}

/** The file, next to the segments, that holds the id if the name of the thread's folder is hashed. */
export const ID_FILE_NAME = "id";

/** Returns a new path in {@link Layout.staging} or {@link Layout.trash}. */
export function unusedPath(folder: string): string {
  return pathIn(folder, randomName());
}
