import { encodedPath, RequestProblem } from "@threadstore/http/provider";
import { namespaceOf } from "./namespace-parameter.ts";
import type { ViewerOperation } from "./options.ts";

/** The operation and the thread or namespace that a request names. */
export interface Route {
  readonly operation: ViewerOperation;
  readonly namespace: readonly string[];
  readonly id: string | undefined;
}

/** The operation for each method. */
type Operations = { readonly [method: string]: ViewerOperation };

const THREAD: Operations = { GET: "load", HEAD: "load", PATCH: "update", DELETE: "delete" };

/** The paths below `api` that are not about a thread. */
const PATHS: ReadonlyMap<string, Operations> = new Map<string, Operations>([
  ["session", reading("session")],
  ["namespaces", { ...reading("namespaces"), DELETE: "erase" }],
  ["threads", reading("list")],
]);

/** The paths below a thread. */
const ACTIONS: ReadonlyMap<string, Operations> = new Map<string, Operations>([
  ["conversation", reading("conversation")],
  ["versions", reading("versions")],
  ["diff", reading("diff")],
  ["repair", { ...reading("check"), POST: "repair" }],
  ["fork", { POST: "fork" }],
]);

function reading(operation: ViewerOperation): Operations {
  return { GET: operation, HEAD: operation };
}

/** Returns the path of a request below the base path, such as `/api/threads`; `undefined` if it is elsewhere. */
export function pathWithin(request: Request, basePath: string): string | undefined {
  const path = encodedPath(new URL(request.url).pathname);
  if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined;
  return path.slice(basePath.length);
}

/** Finds the operation of a request. Throws a problem for a path, method or namespace that does not exist. */
export function findRoute(request: Request, path: string): Route {
  const [id, operations] = operationsAt(path);
  const operation = Object.hasOwn(operations, request.method) ? operations[request.method] : undefined;
  if (operation === undefined) {
    const allow = Object.keys(operations).join(", ");
    throw new RequestProblem("METHOD_NOT_ALLOWED", `Use one of these methods: ${allow}.`, { allow });
  }
  return { operation, id, namespace: operation === "page" ? [] : namespaceOf(request) };
}

function operationsAt(path: string): [id: string | undefined, operations: Operations] {
  if (!path.startsWith("/api/")) return [undefined, reading("page")];
  const [name = "", segment, action, ...others] = path.slice("/api/".length).split("/");
  const operations = segment === undefined ? PATHS.get(name) : undefined;
  if (operations !== undefined) return [undefined, operations];
  const isThread = name === "threads" && segment !== undefined && segment !== "" && others.length === 0;
  const found = !isThread ? undefined : action === undefined ? THREAD : ACTIONS.get(action);
  if (found === undefined) throw new RequestProblem("NOT_FOUND", "This path does not exist.");
  return [decode(segment ?? ""), found];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestProblem("NOT_FOUND", "The id in the path is not encoded as UTF-8.");
  }
}
