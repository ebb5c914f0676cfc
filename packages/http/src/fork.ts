import { memoryStore, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { agentThreadProblem, isAgentThread } from "./agent-thread.ts";
import { invalidRequest, readBody } from "./body.ts";
import type { Change } from "./change.ts";
import { checkHook, isObject, isResponse } from "./hook-results.ts";
import { loadChecked } from "./load-checked.ts";
import { ARCHIVED, changedResponse } from "./summary.ts";

/** Copies a thread to another id, with its title and expiry. */
export async function fork(change: Change): Promise<Response> {
  const { request, settings, authorize, id: source } = change;
  const body = await readBody(request, settings.maxBodyBytes, ["id"]);
  const { id = crypto.randomUUID() } = body;
  if (typeof id !== "string" || id === "" || id === "." || id === "..") {
    throw invalidRequest("`id` must be a string that a URL can contain: not empty, and not one or two dots.");
  }
  // The path does not have the target, so the application has not decided about it yet.
  const target = await authorize({ request, operation: "fork", id: source, target: id });
  if (isResponse(target)) return target;
  return copyTo(change, target, id);
}

async function copyTo(change: Change, target: ThreadStore, id: string): Promise<Response> {
  const { request, settings } = change;
  const stored = await loadChecked(change);
  const document = await copyOf(stored, change, id);
  if (isResponse(document)) return document;
  const { [ARCHIVED]: _state, ...metadata } = stored.metadata;
  const { expiresAt } = stored;
  const options = { metadata, expiresAt, signal: request.signal };
  const copy = await target.save(id, document, options).catch(async (error: unknown) => {
    const isInvalid = ThreadStoreError.is(error, "INVALID_ARGUMENT");
    checkHook(!isInvalid || (await canSave(document)), "`fork` returned a thread that cannot be stored.");
    throw error;
  });
  const location = `${settings.basePath}/${encodeURIComponent(id)}`;
  return changedResponse(copy, {}, 201, { location });
}

async function copyOf(
  stored: StoredThread,
  { request, id, settings }: Change,
  target: string,
): Promise<object | string> {
  if (settings.fork !== undefined) {
    const document: unknown = await settings.fork({ request, id, target, stored });
    const isDocument = typeof document === "string" || isObject(document);
    checkHook(isDocument, "`fork` must return a thread or a response.");
    return document;
  }
  if (!isAgentThread(stored.thread)) return stored.json;
  // Two threads with the same open turn would run its tools twice.
  throw agentThreadProblem("An agent writes this thread, and this service cannot fork it.");
}

async function canSave(document: object | string): Promise<boolean> {
  try {
    await memoryStore().save("thread", document);
    return true;
  } catch {
    return false;
  }
}
