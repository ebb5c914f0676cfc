import { dirname, sep } from "node:path";
import type { DiskAction } from "../trace-event.ts";
import type { DiskLog } from "./disk-log.ts";
import { absolutePath } from "./file-actions.ts";

export type Arguments = readonly unknown[];

/** A function of `node:fs`, in all its kinds: with a callback, synchronous, or as a promise. */
export interface WatchedCall {
  /** What it will do, as far as that can be told. */
  readonly plan: (parameters: Arguments) => readonly DiskAction[];
  /** What it has done. @default what was planned */
  readonly outcome?: (
    parameters: Arguments,
    result: unknown,
    planned: readonly DiskAction[],
  ) => readonly DiskAction[];
  /** The same, without a sync that is a part of it. */
  readonly unsynced?: (parameters: Arguments) => Arguments;
}

export type WatchedCalls = Readonly<Record<string, WatchedCall>>;

/** What is watched: a folder, and the files in it that are open. */
export class Scope {
  readonly log: DiskLog;
  readonly #root: string;

  constructor(log: DiskLog, root: string) {
    this.log = log;
    this.#root = root;
  }

  /** The folder above, too, when it is opened: it holds the name of the root. Nothing else there is the store's. */
  hasOpening(path: string): boolean {
    return this.has(path) || path === dirname(this.#root);
  }

  has(path: string): boolean {
    return path === this.#root || path.startsWith(this.#root + sep);
  }

  /** The actions for a path, if it is within. */
  within(path: unknown, actions: (path: string) => readonly DiskAction[]): readonly DiskAction[] {
    const absolute = absolutePath(path);
    return absolute !== undefined && this.has(absolute) ? actions(absolute) : [];
  }

  /** The actions for an open file, if it is one of these. */
  ofOpening(descriptor: unknown, actions: (opening: number) => readonly DiskAction[]): readonly DiskAction[] {
    const opening = this.log.openingOf(descriptor);
    return opening === undefined ? [] : actions(opening);
  }
}
