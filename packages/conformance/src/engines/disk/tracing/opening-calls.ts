import { absolutePath, descriptorOf, emptyWrite, openAction } from "./file-actions.ts";
import type { Scope, WatchedCall, WatchedCalls } from "./watched-call.ts";
import { bytesOf, countOf, type WriteArguments } from "./written-bytes.ts";

/** The calls that open files, and those that work with open files. */
export function openingCalls(scope: Scope): WatchedCalls {
  const { log } = scope;
  const syncing: WatchedCall = {
    plan: ([descriptor]) => scope.onHandle(descriptor, (handle) => [{ type: "sync", handle }]),
  };
  return {
    open: {
      plan([path, flags]) {
        const absolute = absolutePath(path);
        return absolute !== undefined && scope.includesHandle(absolute)
          ? [openAction(log.newHandle(), absolute, flags)]
          : [];
      },
      outcome(_, result, planned) {
        const [action] = planned;
        if (action?.type === "open") log.opened(descriptorOf(result), action.handle);
        return planned;
      },
    },
    close: {
      plan([descriptor]) {
        if (typeof descriptor === "number") log.closed(descriptor);
        return [];
      },
    },
    write: {
      plan: ([descriptor]) => scope.onHandle(descriptor, emptyWrite),
      outcome: ([descriptor, ...rest], result) =>
        scope.onHandle(descriptor, (handle) => {
          const written = bytesOf(rest as unknown as WriteArguments, countOf(result));
          return [{ ...written, type: "write", handle }];
        }),
    },
    writev: {
      plan: ([descriptor]) => scope.onHandle(descriptor, emptyWrite),
      outcome: ([descriptor, buffers, position], result) =>
        scope.onHandle(descriptor, (handle) => {
          const bytes = Buffer.concat(buffers as Uint8Array[]).subarray(0, countOf(result));
          return [{ type: "write", handle, position: typeof position === "number" ? position : null, bytes }];
        }),
    },
    ftruncate: {
      plan: ([descriptor, length = 0]) =>
        scope.onHandle(descriptor, (handle) => [{ type: "truncate", handle, length: Number(length) }]),
    },
    fsync: syncing,
    fdatasync: syncing,
  };
}
