import { type ThreadPage, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/documents";
import { checkPrecondition, entityTag, hasVersion } from "./entity-tags.ts";
import { readFilters } from "./filters.ts";
import { RequestProblem } from "./problem.ts";
import { COMMON_HEADERS, isArchived, toEntry } from "./summary.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** Lists the threads, the latest save first. */
export async function list(request: Request, threads: ThreadStore): Promise<Response> {
  const url = new URL(request.url);
  const { searchParams: query } = url;
  const cursor = query.get("cursor") ?? undefined;
  const archived = readFlag(query.get("archived"));
  const page = threads.listPage({
    order: "updated",
    metadata: true,
    limit: readLimit(query.get("limit")),
    cursor,
    ...readFilters(query, archived),
    signal: request.signal,
  });
  const { threads: listed, cursor: next } = await page.catch((error: unknown) =>
    throwListProblem(error, cursor),
  );
  const shown = archived === false ? listed.filter((thread) => !isArchived(thread)) : listed;
  if (next !== undefined) query.set("cursor", next);
  const link = next === undefined ? {} : { link: `<${url.pathname}${url.search}>; rel="next"` };
  const body = { threads: shown.map(toEntry), ...(next === undefined ? {} : { cursor: next }) };
  return Response.json(body, { headers: { ...COMMON_HEADERS, ...link } });
}

/** The message of an invalid filter comes from the store. That of a cursor names the operation of the store. */
function throwListProblem(error: unknown, cursor: string | undefined): ThreadPage {
  const isCursor = cursor !== undefined && isError(error) && error.message.startsWith("`cursor`");
  if (!ThreadStoreError.is(error, "INVALID_ARGUMENT") || !isCursor) throw error;
  throw new RequestProblem(
    "REQUEST_INVALID",
    "`cursor` must be the cursor of an earlier page of the same list.",
  );
}

/** Responds with the stored text, or with 304 if the client has this version. */
export async function load(request: Request, threads: ThreadStore, id: string): Promise<Response> {
  const stored = await threads.load(id, { signal: request.signal });
  checkPrecondition(request, stored);
  if (stored === undefined) throw threadNotFound();
  const headers = { ...COMMON_HEADERS, etag: entityTag(stored.version) };
  if (hasVersion(request, stored.version)) return new Response(null, { status: 304, headers });
  return new Response(stored.json, { headers: { ...headers, "content-type": "application/json" } });
}

export function threadNotFound(): RequestProblem {
  return new RequestProblem("NOT_FOUND", "The thread does not exist, or has expired.");
}

function readLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d+$/u.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new RequestProblem("REQUEST_INVALID", `\`limit\` must be an integer from 1 to ${MAX_LIMIT}.`);
}

function readFlag(text: string | null): boolean | undefined {
  if (text === null) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new RequestProblem("REQUEST_INVALID", "`archived` must be true or false.");
}
