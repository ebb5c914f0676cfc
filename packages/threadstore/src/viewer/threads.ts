import type { SerializedThread, StoredThread, ThreadStore } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { threadHandler } from "@threadstore/http";
import {
  type Body,
  changedResponse,
  checkPrecondition,
  isResponse,
  readBody,
  RequestProblem,
} from "@threadstore/http/provider";
import { textOf } from "../conversation/entry.ts";
import { namespaceName } from "../output/format.ts";
import { isHistoryStore } from "../stores/history-store.ts";
import { loadThread, loadVersion } from "./load.ts";
import { noHistory } from "./viewer-problem.ts";
import type { ViewerRequest } from "./viewer-request.ts";

const MAX_BODY_BYTES = 65_536;

/** Answers as the thread API of `@threadstore/http`: lists, loads, renames, archives and deletes. */
export function threads(viewed: ViewerRequest): Promise<Response> {
  return sendTo(viewed, viewed.request);
}

/** Copies a thread, or one of its versions if the store keeps them. */
export async function fork(viewed: ViewerRequest): Promise<Response> {
  const { request } = viewed;
  const body = await readBody(request, MAX_BODY_BYTES, ["id", "version"]);
  const { version, ...others } = body;
  if (version !== undefined) return forkVersion(viewed, others, version);
  const { url, headers, signal } = request;
  const copied = new Headers(headers);
  copied.delete("content-length");
  return sendTo(
    viewed,
    new Request(url, { method: "POST", headers: copied, body: JSON.stringify(others), signal }),
  );
}

async function sendTo(viewed: ViewerRequest, request: Request): Promise<Response> {
  const { store, namespace, settings } = viewed;
  const { basePath, onError } = settings;
  const handler = threadHandler({
    basePath: `${basePath}/api/threads`,
    maxBodyBytes: MAX_BODY_BYTES,
    // The viewer has authorized the request. Only the target of a fork is new.
    authorize: ({ target }) => (target === undefined ? store : authorizeTarget(viewed, target)),
    fork: ({ stored }) => copyOf(stored),
    onError,
  });
  const response = await handler(request);
  const location = response.headers.get("location");
  if (location !== null) response.headers.set("location", location + namespaceQuery(namespace));
  return response;
}

async function authorizeTarget(viewed: ViewerRequest, target: string): Promise<Response | ThreadStore> {
  const { request, id, namespace, authorize } = viewed;
  return authorize({ request, operation: "fork", id, namespace, target });
}

async function forkVersion(viewed: ViewerRequest, body: Body, version: unknown): Promise<Response> {
  const { request, store, id, settings, namespace } = viewed;
  const { id: target = crypto.randomUUID() } = body;
  if (typeof version !== "string") throw invalidBody("`version` must be a string.");
  if (typeof target !== "string" || target === "" || target === "." || target === "..") {
    throw invalidBody("`id` must be a string that a URL can contain: not empty, and not one or two dots.");
  }
  if (!isHistoryStore(store)) throw noHistory();
  const allowed = await authorizeTarget(viewed, target);
  if (isResponse(allowed)) return allowed;
  checkPrecondition(request, await loadThread(viewed));
  checkCanFork((await loadVersion(viewed, version)).thread);
  const copy = await store.fork(id, version, target, { signal: request.signal });
  const location = `${settings.basePath}/api/threads/${encodeURIComponent(target)}`;
  return changedResponse(copy, {}, 201, { location: location + namespaceQuery(namespace) });
}

/** Kinds of threads whose copies do not depend on other records. */
const COPIED_KINDS = [
  "chat",
  "responses",
  "openai-agents-items",
  "ai-sdk-ui-messages",
  "ai-sdk-model-messages",
];

/** Returns the text of a copy. The keys of turns are left out, so that a message with one of them runs again. */
function copyOf({ thread, json }: StoredThread): object | string {
  checkCanFork(thread);
  const { keys, ...document } = thread;
  return thread["format"] === THREAD_FORMAT && keys !== undefined ? document : json;
}

/** Throws a problem for a thread that refers to something that must not have two owners. */
function checkCanFork(thread: SerializedThread): void {
  if (thread["format"] !== THREAD_FORMAT) return;
  const shared = ["turn", "service", "history"].find((name) => thread[name] !== undefined);
  if (shared === undefined && COPIED_KINDS.includes(textOf(thread["kind"]))) return;
  const reason = shared === undefined ? "it belongs to other records" : `of its member \`${shared}\``;
  throw new RequestProblem("AGENT_THREAD", `The thread cannot be copied, because ${reason}.`);
}

function namespaceQuery(namespace: readonly string[]): string {
  return namespace.length === 0 ? "" : `?namespace=${encodeURIComponent(namespaceName(namespace))}`;
}

function invalidBody(detail: string): RequestProblem {
  return new RequestProblem("REQUEST_INVALID", detail);
}
