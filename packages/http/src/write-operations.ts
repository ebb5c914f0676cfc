import {
  type StoredThread,
  type ThreadMetadata,
  type ThreadStore,
  ThreadStoreError,
  type Version,
} from "@threadstore/core";
import { type Body, invalidBody, readBody } from "./body.ts";
import { checkPrecondition, hasPrecondition, preconditionFailed } from "./entity-tags.ts";
import type { AppendedElements, HandlerSettings } from "./options.ts";
import { RequestProblem } from "./problem.ts";
import { threadNotFound } from "./read-operations.ts";
import { ARCHIVED, changedResponse, COMMON_HEADERS, TITLE } from "./summary.ts";

/** How often a rename is repeated if other requests keep changing the thread. */
const MAX_ATTEMPTS = 10;

/** A request that changes a thread. */
export interface Change {
  readonly request: Request;
  readonly threads: ThreadStore;
  readonly id: string;
  readonly settings: HandlerSettings;
}

/** Appends the elements that the option `append` returns, once for each idempotency key. */
export async function append(change: Change): Promise<Response> {
  const { request, threads, id, settings } = change;
  const body = await readBody(request, settings.maxBodyBytes, ["elements"]);
  const { elements } = body;
  if (!Array.isArray(elements)) throw invalidBody("`elements` must be an array.");
  const decision = await settings.append?.({ request, id, elements });
  if (decision === undefined) throw new RequestProblem("FORBIDDEN", "These elements cannot be appended.");
  if (isResponse(decision)) return decision;
  const { create, metadata } = decision;
  const previous = await loadPrevious(change);
  const key = request.headers.get("idempotency-key") ?? undefined;
  // A version to append to excludes a thread to create.
  const base = previous === undefined ? { create } : { previous };
  const options = { ...base, key, metadata, signal: request.signal };
  const result = await withPrecondition(request, () => threads.append(id, decision.elements, options)).catch(
    (error: unknown) => {
      // Without a version and a thread to create, only a missing thread is a conflict.
      const isMissing =
        ThreadStoreError.is(error, "CONFLICT") && previous === undefined && create === undefined;
      throw isMissing ? threadNotFound() : error;
    },
  );
  return changedResponse(result, { appended: result.appended });
}

/** Renames or archives a thread, as a merge patch of its title and its state. */
export async function update(change: Change): Promise<Response> {
  const { request, threads, id, settings } = change;
  const body = await readBody(request, settings.maxBodyBytes, ["title", "archived"]);
  for (let attempt = 1; ; attempt++) {
    const stored = await loadChecked(change);
    const metadata = patchMetadata(stored.metadata, body);
    try {
      const touched = await threads.touch(id, { previous: stored, metadata, signal: request.signal });
      if (touched === undefined) throw threadNotFound();
      return changedResponse(touched);
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT") || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function patchMetadata(metadata: ThreadMetadata, { title, archived }: Body): ThreadMetadata {
  const { [TITLE]: oldTitle, [ARCHIVED]: oldState, ...others } = metadata;
  if (title !== undefined && title !== null && typeof title !== "string") {
    throw invalidBody("`title` must be a string, or null to remove it.");
  }
  if (archived !== undefined && typeof archived !== "boolean") {
    throw invalidBody("`archived` must be true or false.");
  }
  const newTitle = title === undefined ? oldTitle : title;
  const isArchived = archived ?? oldState === "true";
  return {
    ...others,
    ...(newTitle === null || newTitle === undefined ? {} : { [TITLE]: newTitle }),
    ...(isArchived ? { [ARCHIVED]: "true" } : {}),
  };
}

/** Copies a thread, or its beginning, to another id. */
export async function fork(change: Change): Promise<Response> {
  const { request, threads, settings } = change;
  const body = await readBody(request, settings.maxBodyBytes, ["id", "length"]);
  const { id = crypto.randomUUID(), length } = body;
  if (typeof id !== "string") throw invalidBody("`id` must be a string.");
  const source = await loadChecked(change);
  const { [ARCHIVED]: _state, ...metadata } = source.metadata;
  const copy = await threads.save(id, length === undefined ? source.json : shorten(source, length), {
    metadata,
    signal: request.signal,
  });
  const location = `${settings.basePath}/${encodeURIComponent(id)}`;
  return changedResponse(copy, {}, 201, { location });
}

function shorten({ thread }: StoredThread, length: unknown): object {
  const [name, elements] = Object.entries(thread).at(-1) ?? [];
  if (name === undefined || !Array.isArray(elements)) {
    throw invalidBody("`length` needs a thread whose last member is an array.");
  }
  const isValid = typeof length === "number" && Number.isInteger(length) && length >= 0;
  if (!isValid || length > elements.length) {
    throw invalidBody(`\`length\` must be an integer from 0 to ${elements.length}.`);
  }
  return { ...thread, [name]: elements.slice(0, length) };
}

/** Deletes a thread. */
export async function remove(change: Change): Promise<Response> {
  const { request, threads, id } = change;
  const previous = await loadPrevious(change);
  const options = { signal: request.signal, ...(previous === undefined ? {} : { previous }) };
  if (!(await withPrecondition(request, () => threads.delete(id, options)))) throw threadNotFound();
  return new Response(null, { status: 204, headers: COMMON_HEADERS });
}

/** Resolves with the thread. Rejects if it does not exist, or does not have the version that the request requires. */
async function loadChecked({ request, threads, id }: Change): Promise<StoredThread> {
  const stored = await threads.load(id, { signal: request.signal });
  checkPrecondition(request, stored);
  if (stored === undefined) throw threadNotFound();
  return stored;
}

/** Resolves with the version to replace, if the request requires one. The store checks it again when it writes. */
async function loadPrevious(change: Change): Promise<Version | undefined> {
  return hasPrecondition(change.request) ? (await loadChecked(change)).version : undefined;
}

/** Reports a conflict as a failed precondition if the request has one. */
async function withPrecondition<Result>(request: Request, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const isFailed = hasPrecondition(request) && ThreadStoreError.is(error, "CONFLICT");
    throw isFailed ? preconditionFailed() : error;
  }
}

function isResponse(value: AppendedElements | Response): value is Response {
  return "status" in value && "headers" in value;
}
