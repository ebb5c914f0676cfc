import { absolutePath, contentsOf, isRecursive, madeFolders } from "./file-actions.ts";
import type { Scope, WatchedCall, WatchedCalls } from "./watched-call.ts";

/** The calls that change names. */
export function pathCalls(scope: Scope): WatchedCalls {
  const removing: WatchedCall = {
    plan: ([path]) => scope.within(path, (at) => [{ type: "remove", path: at }]),
  };
  return {
    rename: between(scope, "rename"),
    link: between(scope, "link"),
    unlink: removing,
    rmdir: removing,
    rm: {
      plan: ([path]) =>
        scope.within(path, (at) => contentsOf(at).map((each) => ({ type: "remove", path: each }))),
    },
    mkdir: {
      plan: ([path]) => scope.within(path, (at) => [{ type: "make folder", path: at }]),
      outcome: ([path, options], first, planned) =>
        isRecursive(options)
          ? madeFolders(absolutePath(path) ?? "", first).flatMap((made) =>
              scope.within(made, (at) => [{ type: "make folder", path: at }]),
            )
          : planned,
    },
    mkdtemp: {
      plan: () => [],
      outcome: (_, result) => scope.within(result, (at) => [{ type: "make folder", path: at }]),
    },
    symlink: unknownCall(scope, "symlink"),
    cp: unknownCall(scope, "cp"),
  };
}

function between(scope: Scope, type: "rename" | "link"): WatchedCall {
  return {
    plan([given, target]) {
      const [from = "", to = ""] = [absolutePath(given), absolutePath(target)];
      if (scope.has(from) && scope.has(to)) return [{ type, from, to }];
      return scope.has(from) || scope.has(to)
        ? [{ type: "unknown", call: `a ${type} across the folder's border` }]
        : [];
    },
  };
}

function unknownCall(scope: Scope, call: string): WatchedCall {
  return {
    plan: ([from, to]) => [from, to].flatMap((path) => scope.within(path, () => [{ type: "unknown", call }])),
  };
}
