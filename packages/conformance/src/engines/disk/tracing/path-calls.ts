import { absolutePath, contentsOf, isRecursive, createdFolders } from "./file-actions.ts";
import type { Scope, WatchedCall, WatchedCalls } from "./watched-call.ts";

/** The calls that change names. */
export function pathCalls(scope: Scope): WatchedCalls {
  const removing: WatchedCall = {
    plan: ([path]) => scope.onPath(path, (absolute) => [{ type: "remove", path: absolute }]),
  };
  return {
    rename: relocating(scope, "rename"),
    link: relocating(scope, "link"),
    unlink: removing,
    rmdir: removing,
    rm: {
      plan: ([path]) =>
        scope.onPath(path, (absolute) =>
          contentsOf(absolute).map((each) => ({ type: "remove", path: each })),
        ),
    },
    mkdir: {
      plan: ([path]) => scope.onPath(path, (absolute) => [{ type: "make folder", path: absolute }]),
      outcome: ([path, options], first, planned) =>
        isRecursive(options)
          ? createdFolders(absolutePath(path) ?? "", first).flatMap((created) =>
              scope.onPath(created, (absolute) => [{ type: "make folder", path: absolute }]),
            )
          : planned,
    },
    mkdtemp: {
      plan: () => [],
      outcome: (_, result) => scope.onPath(result, (absolute) => [{ type: "make folder", path: absolute }]),
    },
    symlink: unknownCall(scope, "symlink"),
    cp: unknownCall(scope, "cp"),
  };
}

function relocating(scope: Scope, type: "rename" | "link"): WatchedCall {
  return {
    plan([source, target]) {
      const [from = "", to = ""] = [absolutePath(source), absolutePath(target)];
      if (scope.includes(from) && scope.includes(to)) return [{ type, from, to }];
      return scope.includes(from) || scope.includes(to)
        ? [{ type: "unknown", call: `a ${type} across the folder's boundary` }]
        : [];
    },
  };
}

function unknownCall(scope: Scope, call: string): WatchedCall {
  return {
    plan: ([from, to]) => [from, to].flatMap((path) => scope.onPath(path, () => [{ type: "unknown", call }])),
  };
}
