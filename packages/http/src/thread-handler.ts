import type { ThreadStore } from "@threadstore/core";
import {
  type HandlerSettings,
  type Operation,
  readOptions,
  type ThreadHandler,
  type ThreadHandlerOptions,
} from "./options.ts";
import { problemResponse, RequestProblem } from "./problem.ts";
import { list, load } from "./read-operations.ts";
import { append, type Change, fork, remove, update } from "./write-operations.ts";

/**
 * Creates a handler that serves the threads of a store over HTTP, for any server with the `fetch` interface: `Request` in,
 * `Response` out. It holds no state, so any number of processes can serve the same threads. Throws a `TypeError` for
 * invalid options.
 */
export function threadHandler(options: ThreadHandlerOptions): ThreadHandler {
  const settings = readOptions(options);
  return async (request) => {
    try {
      const response = await handle(request, settings);
      return request.method === "HEAD" ? withoutBody(response) : response;
    } catch (error) {
      // The client is gone, and receives nothing.
      if (request.signal.aborted) return new Response(null, { status: 499 });
      const response = problemResponse(error);
      if (response.status >= 500) settings.onError?.(error, request);
      return request.method === "HEAD" ? withoutBody(response) : response;
    }
  };
}

interface Route {
  readonly id: string | undefined;
  /** The operation of each method. */
  readonly operations: { readonly [method: string]: Operation };
}

async function handle(request: Request, settings: HandlerSettings): Promise<Response> {
  const { id, operations } = findRoute(request, settings);
  const operation = Object.hasOwn(operations, request.method) ? operations[request.method] : undefined;
  if (operation === undefined) {
    const allow = Object.keys(operations).join(", ");
    throw new RequestProblem("METHOD_NOT_ALLOWED", `Use one of these methods: ${allow}.`, { allow });
  }
  const decision: unknown = await settings.authorize({ request, operation, id });
  if (isResponse(decision)) return decision;
  if (!isStore(decision)) throw new RequestProblem("FORBIDDEN", "The request is not allowed.");
  if (id === undefined) return list(request, decision);
  if (operation === "load") return load(request, decision, id);
  return CHANGES[operation]({ request, threads: decision, id, settings });
}

const CHANGES: { readonly [Name in Operation]: (change: Change) => Promise<Response> } = {
  append,
  delete: remove,
  fork,
  list: ({ request, threads }) => list(request, threads),
  load: ({ request, threads, id }) => load(request, threads, id),
  update,
};

function findRoute(request: Request, { basePath, append: mayAppend }: HandlerSettings): Route {
  const { pathname } = new URL(request.url);
  if (pathname === basePath) return { id: undefined, operations: { GET: "list", HEAD: "list" } };
  const [segment = "", action, ...others] = pathname.startsWith(`${basePath}/`)
    ? pathname.slice(basePath.length + 1).split("/")
    : [];
  if (segment !== "" && others.length === 0) {
    const id = decode(segment);
    const operations = { GET: "load", HEAD: "load", PATCH: "update", DELETE: "delete" } as const;
    if (action === undefined) return { id, operations };
    if (action === "fork") return { id, operations: { POST: "fork" } };
    if (action === "elements" && mayAppend !== undefined) return { id, operations: { POST: "append" } };
  }
  throw new RequestProblem("NOT_FOUND", "This path does not exist.");
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestProblem("NOT_FOUND", "The id in the path is not encoded as UTF-8.");
  }
}

function withoutBody({ status, headers }: Response): Response {
  return new Response(null, { status, headers });
}

function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}

function isStore(value: unknown): value is ThreadStore {
  return typeof value === "object" && value !== null && "update" in value && "listPage" in value;
}
