import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { checkUnsupported, isResponse, isStore, RequestProblem } from "@threadstore/http/provider";
import { viewOf } from "../walk/walk.ts";
import { checkVersionIsNamed, isChange, rejectOtherSites } from "./change-rules.ts";
import { OPERATIONS } from "./operations.ts";
import {
  readViewerOptions,
  type ViewerAccess,
  type ViewerFolders,
  type ViewerHandler,
  type ViewerHandlerOptions,
  type ViewerSettings,
} from "./options.ts";
import { createPage, type Page } from "./page-files.ts";
import { findRoute, pathWithin, type Route } from "./route.ts";
import { withSecurityHeaders } from "./security-headers.ts";
import { ViewerProblem, viewerProblemResponse } from "./viewer-problem.ts";

/** From `dist/viewer`, and from `src/viewer` in tests. */
const PAGE_FOLDER = fileURLToPath(new URL("../../dist/page/", import.meta.url));

/**
 * Creates a handler that serves the viewer: a page that shows the threads of a store, and its API. It runs on any server
 * on Node.js with the `fetch` interface: `Request` in, `Response` out. It is read-only without the option `write`. Throws
 * a `TypeError` for invalid options.
 */
export function viewerHandler(options: ViewerHandlerOptions): ViewerHandler {
  return createViewer(options, { packages: process.cwd(), page: PAGE_FOLDER });
}

/** As {@link viewerHandler}, with other folders. */
export function createViewer(options: ViewerHandlerOptions, folders: Partial<ViewerFolders>): ViewerHandler {
  const settings = readViewerOptions(options, { packages: process.cwd(), page: PAGE_FOLDER, ...folders });
  const page = createPage(settings.folders.page);
  return async (request) => {
    const finish = (response: Response): Response =>
      withSecurityHeaders(request.method === "HEAD" ? withoutBody(response) : response);
    try {
      // Fails for a response of the application whose body was already sent to another request.
      return finish(await handle(request, settings, page));
    } catch (error) {
      // The client has disconnected and receives nothing.
      if (request.signal.aborted) return finish(new Response(null, { status: 499 }));
      const response = viewerProblemResponse(error);
      if (response.status >= 500) void report(error, request, settings);
      return finish(response);
    }
  };
}

/** Passes an error to the application. A failure of its hook must not change the response. */
async function report(error: unknown, request: Request, { onError }: ViewerSettings): Promise<void> {
  try {
    await onError?.(error, request);
  } catch {
    // The response reports the original error.
  }
}

async function handle(request: Request, settings: ViewerSettings, page: Page): Promise<Response> {
  const path = pathWithin(request, settings.basePath);
  if (path === undefined) throw new RequestProblem("NOT_FOUND", "This path does not exist.");
  const route = findRoute(request, path);
  const { operation, id, namespace } = route;
  const decide = async (access: ViewerAccess): Promise<Response | ThreadStore> => {
    const decision: unknown = await settings.authorize(access);
    if (isResponse(decision) || isStore(decision)) return decision;
    throw new RequestProblem("FORBIDDEN", "The request is not allowed.");
  };
  const root = await decide({ request, operation, namespace, id });
  if (isResponse(root)) return root;
  const store = viewOf(root, namespace);
  if (operation === "page") return page(request, path, settings.basePath);
  checkChange(request, route, settings);
  const authorize = async (access: ViewerAccess): Promise<Response | ThreadStore> => {
    const decision = await decide(access);
    return isResponse(decision) ? decision : viewOf(decision, namespace);
  };
  return OPERATIONS[operation]({ request, root, store, namespace, id: id ?? "", settings, authorize });
}

function checkChange(request: Request, { operation }: Route, { write }: ViewerSettings): void {
  if (!isChange(operation)) return;
  if (!write) {
    throw new ViewerProblem(
      "READ_ONLY",
      "This viewer only reads. Create it with `write`, or start it with `--write`, to allow changes.",
    );
  }
  rejectOtherSites(request);
  checkUnsupported(request);
  if (operation !== "erase") checkVersionIsNamed(request);
}

function withoutBody({ status, headers }: Response): Response {
  return new Response(null, { status, headers });
}
