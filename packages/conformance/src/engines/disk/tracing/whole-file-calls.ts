import type { DiskAction } from "../trace-event.ts";
import {
  absolutePath,
  descriptorOf,
  emptyWrite,
  fileOptions,
  openAction,
  sizeOf,
  withContent,
} from "./file-actions.ts";
import type { Arguments, Scope, WatchedCall, WatchedCalls } from "./watched-call.ts";

/** The calls that open a file, change it, and close it. */
export function wholeFileCalls(scope: Scope): WatchedCalls {
  const { log } = scope;
  return {
    writeFile: writing(scope, "w"),
    appendFile: writing(scope, "a"),
    copyFile: {
      plan([, to]) {
        const opening = log.newOpening();
        return scope.within(to, (path) => [openAction(opening, path, "w"), ...emptyWrite(opening)]);
      },
      outcome: ([, to], _, planned) => withContent(planned, absolutePath(to) ?? ""),
    },
    truncate: {
      plan([path, length = 0]) {
        const opening = log.newOpening();
        return scope.within(path, (at) => [
          openAction(opening, at, "r+"),
          { type: "truncate", opening, length: Number(length) },
        ]);
      },
    },
  };
}

/** Of a file by its name, or of one that is open. It may sync the file as its last step. */
function writing(scope: Scope, usualFlags: string): WatchedCall {
  const isOpen = (file: unknown): boolean => scope.log.openingOf(descriptorOf(file)) !== undefined;
  return {
    plan([file, , options]) {
      if (isOpen(file)) {
        return scope.ofOpening(descriptorOf(file), (opening) => [
          ...emptyWrite(opening),
          ...lastStep(options, opening),
        ]);
      }
      return scope.within(file, (at) => {
        const opening = scope.log.newOpening();
        const open = openAction(opening, at, fileOptions(options).flag ?? usualFlags);
        const position = open.appends ? sizeOf(at) : 0;
        const write: DiskAction = { type: "write", opening, position, bytes: new Uint8Array() };
        return [open, write, ...lastStep(options, opening)];
      });
    },
    outcome: ([file, data], _, planned) =>
      isOpen(file) ? withData(planned, data) : withContent(planned, absolutePath(file) ?? ""),
    unsynced: ([file, data, options, ...rest]): Arguments => [
      file,
      data,
      { ...fileOptions(options), flush: false },
      ...rest,
    ],
  };
}

function lastStep(options: unknown, opening: number): DiskAction[] {
  return fileOptions(options).flush === true ? [{ type: "sync", opening }] : [];
}

function withData(planned: readonly DiskAction[], data: unknown): readonly DiskAction[] {
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    return [{ type: "unknown", call: "writeFile of a stream" }];
  }
  return planned.map((action) =>
    action.type === "write" ? { ...action, bytes: Buffer.from(data) } : action,
  );
}
