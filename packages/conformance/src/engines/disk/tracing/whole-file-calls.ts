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

/** The calls that open, change and close a file. */
export function wholeFileCalls(scope: Scope): WatchedCalls {
  const { log } = scope;
  return {
    writeFile: writing(scope, "w"),
    appendFile: writing(scope, "a"),
    copyFile: {
      plan([, to]) {
        const handle = log.newHandle();
        return scope.onPath(to, (path) => [openAction(handle, path, "w"), ...emptyWrite(handle)]);
      },
      outcome: ([, to], _, planned) => withContent(planned, absolutePath(to) ?? ""),
    },
    truncate: {
      plan([path, length = 0]) {
        const handle = log.newHandle();
        return scope.onPath(path, (absolute) => [
          openAction(handle, absolute, "r+"),
          { type: "truncate", handle, length: Number(length) },
        ]);
      },
    },
  };
}

/** A call that writes a file, given by its path or as an open file. It may sync the file at the end. */
function writing(scope: Scope, defaultFlags: string): WatchedCall {
  const isOpen = (file: unknown): boolean => scope.log.handleOf(descriptorOf(file)) !== undefined;
  return {
    plan([file, , options]) {
      if (isOpen(file)) {
        return scope.onHandle(descriptorOf(file), (handle) => [
          ...emptyWrite(handle),
          ...finalSync(options, handle),
        ]);
      }
      return scope.onPath(file, (path) => {
        const handle = scope.log.newHandle();
        const open = openAction(handle, path, fileOptions(options).flag ?? defaultFlags);
        const position = open.appends ? sizeOf(path) : 0;
        const write: DiskAction = { type: "write", handle, position, bytes: new Uint8Array() };
        return [open, write, ...finalSync(options, handle)];
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

function finalSync(options: unknown, handle: number): DiskAction[] {
  return fileOptions(options).flush === true ? [{ type: "sync", handle }] : [];
}

function withData(planned: readonly DiskAction[], data: unknown): readonly DiskAction[] {
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    return [{ type: "unknown", call: "writeFile of a stream" }];
  }
  return planned.map((action) =>
    action.type === "write" ? { ...action, bytes: Buffer.from(data) } : action,
  );
}
