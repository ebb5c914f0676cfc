import {
  COMMON_HEADERS,
  entityTag,
  hasVersion,
  RequestProblem,
  threadNotFound,
} from "@threadstore/http/provider";
import { isHistoryStore } from "../stores/history-store.ts";
import { loadVersion } from "./load.ts";
import { threads } from "./threads.ts";
import { noHistory } from "./viewer-problem.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Lists the versions of a thread, the newest first. */
export async function versions({ request, store, id }: ViewerRequest): Promise<Response> {
  if (!isHistoryStore(store)) throw noHistory();
  const kept = await store.versions(id, { signal: request.signal });
  if (kept.length === 0) throw threadNotFound();
  const listed = kept.map(({ version, size, updatedAt: savedAt }) => ({ version, size, savedAt }));
  return Response.json({ versions: listed }, { headers: COMMON_HEADERS });
}

/** Responds with the stored JSON of a thread, or of one of its versions. */
export async function load(viewed: ViewerRequest): Promise<Response> {
  const { request } = viewed;
  const wanted = versionOf(new URL(request.url).searchParams, "version");
  if (wanted === undefined) return threads(viewed);
  const { json, version } = await loadVersion(viewed, wanted);
  const headers = { ...COMMON_HEADERS, etag: entityTag(version) };
  if (hasVersion(request, version)) return new Response(null, { status: 304, headers });
  return new Response(json, { headers: { ...headers, "content-type": "application/json" } });
}

/** Compares two versions of a thread, as `threadstore diff --json` does. */
export async function diff(viewed: ViewerRequest): Promise<Response> {
  const { request, store, id } = viewed;
  if (!isHistoryStore(store)) throw noHistory();
  const query = new URL(request.url).searchParams;
  const [from, to] = ["from", "to"].map((name) => versionOf(query, name));
  if (from === undefined || to === undefined) {
    throw new RequestProblem("REQUEST_INVALID", "Pass the versions to compare as `from` and `to`.");
  }
  // The store does not say which of the two is missing.
  for (const version of [from, to]) await loadVersion(viewed, version);
  const { members } = await store.diff(id, from, to, { signal: request.signal });
  return Response.json({ id, from, to, members }, { headers: COMMON_HEADERS });
}

/** Returns a version in the query; `undefined` if there is none. */
export function versionOf(query: URLSearchParams, name: string): string | undefined {
  const [version, ...others] = query.getAll(name);
  if (others.length > 0 || version === "") {
    throw new RequestProblem("REQUEST_INVALID", `\`${name}\` must be one version.`);
  }
  return version;
}
