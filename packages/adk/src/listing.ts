import {
  createSession,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
} from "@google/adk";
import type { ThreadStore } from "@threadstore/core";
import { appNamespace, locateUser, namesOf } from "./location.ts";
import { invalidArgument } from "./session-service-error.ts";

const PAGE_SIZE = 1000;

/** Returns the requested page of sessions. Does not read their content. Rejects with `INVALID_ARGUMENT`. */
export async function listSessions(
  store: ThreadStore,
  request: ListSessionsRequest,
): Promise<ListSessionsResponse> {
  checkPaging(request);
  const { appName, userId, order } = request;
  const sessions: Session[] = [];
  for await (const namespace of namespacesOf(store, request)) {
    for await (const summary of namespace.list({ metadata: true, limit: PAGE_SIZE })) {
      if (summary.corrupt) continue;
      const lastUpdateTime = summary.updatedAt.getTime();
      sessions.push(createSession({ appName, ...namesOf(summary), lastUpdateTime }));
    }
  }
  if (userId === undefined || order !== undefined) sessions.sort(compareIds);
  if (order === "asc") sessions.sort((a, b) => a.lastUpdateTime - b.lastUpdateTime);
  if (order === "desc") sessions.sort((a, b) => b.lastUpdateTime - a.lastUpdateTime);
  return pageOf(sessions, request);
}

function compareIds(a: Session, b: Session): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Yields the namespaces of one user's sessions, or of all users' sessions. */
async function* namespacesOf(
  store: ThreadStore,
  { appName, userId }: ListSessionsRequest,
): AsyncGenerator<ThreadStore> {
  if (userId !== undefined) {
    yield locateUser(store, { appName, userId }).sessions;
    return;
  }
  const app = appNamespace(store, appName);
  let cursor: string | undefined;
  do {
    const page = await app.namespaces({ cursor, limit: PAGE_SIZE });
    for (const name of page.namespaces) yield app.namespace(name);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Selects a page in the same way as the SDK's own services. */
function pageOf(sessions: Session[], { limit, offset = 0, page }: ListSessionsRequest): ListSessionsResponse {
  const totalItems = sessions.length;
  if (limit === undefined) {
    const totalPages = totalItems === 0 ? 0 : 1;
    return { sessions: sessions.slice(offset), page: 1, limit: totalItems, totalItems, totalPages };
  }
  const start = page === undefined ? offset : (page - 1) * limit;
  const currentPage = page ?? (limit === 0 ? 1 : Math.floor(start / limit) + 1);
  const totalPages = limit === 0 ? 0 : Math.ceil(totalItems / limit);
  return { sessions: sessions.slice(start, start + limit), page: currentPage, limit, totalItems, totalPages };
}

function checkPaging({ limit, offset, page, order }: ListSessionsRequest): void {
  checkInteger(limit, "limit", 0);
  checkInteger(offset, "offset", 0);
  checkInteger(page, "page", 1);
  if (order !== undefined && order !== "asc" && order !== "desc") {
    throw invalidArgument("order", '"asc" or "desc"');
  }
}

function checkInteger(value: unknown, path: string, minimum: 0 | 1): void {
  if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value >= minimum))
    return;
  throw invalidArgument(path, minimum === 0 ? "a non-negative integer" : "a positive integer", value);
}
