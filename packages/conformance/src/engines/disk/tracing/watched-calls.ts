import type { DiskLog } from "./disk-log.ts";
import { openingCalls } from "./opening-calls.ts";
import { pathCalls } from "./path-calls.ts";
import { Scope, type WatchedCalls } from "./watched-call.ts";
import { wholeFileCalls } from "./whole-file-calls.ts";

/** The calls that change or sync files and folders in a folder, by name. */
export function watchedCalls(log: DiskLog, root: string): WatchedCalls {
  const scope = new Scope(log, root);
  return { ...openingCalls(scope), ...wholeFileCalls(scope), ...pathCalls(scope) };
}
