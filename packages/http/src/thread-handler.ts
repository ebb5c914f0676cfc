import type { ThreadStore } from "@threadstore/core";
import { append } from "./append.ts";
import type { Change } from "./change.ts";
import { checkUnsupported } from "./entity-tags.ts";
import { fork } from "./fork.ts";
import { isResponse, isStore } from "./hook-results.ts";
import {
  type Access,
  encodedPath,
  type HandlerSettings,
  type Operation,
  readOptions,
  type ThreadHandler,
  type ThreadHandlerOptions,
} from "./options.ts";
import { problemResponse, RequestProblem } from "./problem.ts";
import { list, load } from "./read-operations.ts";
import { remove, update } from "./write-operations.ts";

/**
 * Creates a handler that serves the threads of a store over HTTP, for any server with the `fetch` interface: `Request`
 * in, `Response` out. It holds no state, so any number of processes can serve the same threads. Throws a `TypeError`
 * for invalid options.
 */
export function threadHandler(options: ThreadHandlerOptions): ThreadHandler {
  const settings = readOptions(options);
  return async (request) => {
    try {
      const response = await handle(request, settings);
      return request.method === "HEAD" ? withoutBody(response) : response;
    } catch (error) {
      // The client has disconnected and receives nothing.
      if (request.signal.aborted) return new Response(null, { status: 499 });
      const response = problemResponse(error);
      if (response.status >= 500) void report(error, request, settings);
      return request.method === "HEAD" ? withoutBody(response) : response;
    }
  };
}

/** Passes an error to the application. A failure of its hook must not change the response. */
async function report(error: unknown, request: Request, { onError }: HandlerSettings): Promise<void> {
  try {
    await onError?.(error, request);
  } catch {
    // The response reports the original error.
  }
}

interface Route {
  readonly id: string | undefined;
  /** The operation for each method. */
  readonly operations: { readonly [method: string]: Operation };
}

async function handle(request: Request, settings: HandlerSettings): Promise<Response> {
  const { id, operations } = findRoute(request, settings);
  const operation = Object.hasOwn(operations, request.method) ? operations[request.method] : undefined;
  if (operation === undefined) {
    const allow = Object.keys(operations).join(", ");
    throw new RequestProblem("METHOD_NOT_ALLOWED", `Use one of these methods: ${allow}.`, { allow });
  }
  const authorize = async (access: Access): Promise<Response | ThreadStore> => {
    const decision: unknown = await settings.authorize(access);
    if (isResponse(decision) || isStore(decision)) return decision;
    throw new RequestProblem("FORBIDDEN", "The request is not allowed.");
  };
  const threads = await authorize({ request, operation, id });
  if (isResponse(threads)) return threads;
  if (id === undefined) return list(request, threads);
  if (operation === "load") return load(request, threads, id);
  checkUnsupported(request);
  return CHANGES[operation]({ request, threads, id, settings, authorize });
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
  const { pathname: path } = new URL(request.url);
  const pathname = encodedPath(path);
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
