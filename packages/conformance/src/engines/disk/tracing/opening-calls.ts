import { absolutePath, descriptorOf, emptyWrite, openAction } from "./file-actions.ts";
import type { Scope, WatchedCall, WatchedCalls } from "./watched-call.ts";
import { bytesOf, countOf, type WriteArguments } from "./written-bytes.ts";

/** The calls that open files, and those that take an open one. */
export function openingCalls(scope: Scope): WatchedCalls {
  const { log } = scope;
  const syncing: WatchedCall = {
    plan: ([descriptor]) => scope.ofOpening(descriptor, (opening) => [{ type: "sync", opening }]),
  };
  return {
    open: {
      plan([path, flags]) {
        const at = absolutePath(path);
        return at !== undefined && scope.hasOpening(at) ? [openAction(log.newOpening(), at, flags)] : [];
      },
      outcome(_, result, planned) {
        const [action] = planned;
        if (action?.type === "open") log.opened(descriptorOf(result), action.opening);
        return planned;
      },
    },
    close: {
      plan([descriptor]) {
        if (typeof descriptor === "number") log.closes(descriptor);
        return [];
      },
    },
    write: {
      plan: ([descriptor]) => scope.ofOpening(descriptor, emptyWrite),
      outcome: ([descriptor, ...rest], result) =>
        scope.ofOpening(descriptor, (opening) => {
          const written = bytesOf(rest as unknown as WriteArguments, countOf(result));
          return [{ ...written, type: "write", opening }];
        }),
    },
    writev: {
      plan: ([descriptor]) => scope.ofOpening(descriptor, emptyWrite),
      outcome: ([descriptor, buffers, given], result) =>
        scope.ofOpening(descriptor, (opening) => {
          const bytes = Buffer.concat(buffers as Uint8Array[]).subarray(0, countOf(result));
          return [{ type: "write", opening, position: typeof given === "number" ? given : null, bytes }];
        }),
    },
    ftruncate: {
      plan: ([descriptor, length = 0]) =>
        scope.ofOpening(descriptor, (opening) => [{ type: "truncate", opening, length: Number(length) }]),
    },
    fsync: syncing,
    fdatasync: syncing,
  };
}
