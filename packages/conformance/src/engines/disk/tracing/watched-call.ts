import { dirname, sep } from "node:path";
import type { DiskAction } from "../trace-event.ts";
import type { DiskLog } from "./disk-log.ts";
import { absolutePath } from "./file-actions.ts";

export type Arguments = readonly unknown[];

/** A function of `node:fs` in all its variants: with a callback, synchronous, or as a promise. */
export interface WatchedCall {
  /** The actions that the call will take, as far as they are known in advance. */
  readonly plan: (parameters: Arguments) => readonly DiskAction[];
  /** The actions that the call has taken. @default the planned actions */
  readonly outcome?: (
    parameters: Arguments,
    result: unknown,
    planned: readonly DiskAction[],
  ) => readonly DiskAction[];
  /** The arguments for the same call without the sync that is part of it. */
  readonly unsynced?: (parameters: Arguments) => Arguments;
}

export type WatchedCalls = Readonly<Record<string, WatchedCall>>;

/** The scope of a trace: a folder, and the open files in it. */
export class Scope {
  readonly log: DiskLog;
  readonly #root: string;

  constructor(log: DiskLog, root: string) {
    this.log = log;
    this.#root = root;
  }

  /** Whether a handle of the path is in scope. The root's parent is, because its sync makes the root's name durable. */
  includesHandle(path: string): boolean {
    return this.includes(path) || path === dirname(this.#root);
  }

  includes(path: string): boolean {
    return path === this.#root || path.startsWith(this.#root + sep);
  }

  /** Returns the actions for a path if it is in scope. */
  onPath(path: unknown, actions: (path: string) => readonly DiskAction[]): readonly DiskAction[] {
    const absolute = absolutePath(path);
    return absolute !== undefined && this.includes(absolute) ? actions(absolute) : [];
  }

  /** Returns the actions for an open file if it is in scope. */
  onHandle(descriptor: unknown, actions: (handle: number) => readonly DiskAction[]): readonly DiskAction[] {
    const handle = this.log.handleOf(descriptor);
    return handle === undefined ? [] : actions(handle);
  }
}
