import { memoryStore, type StoredThread, type ThreadMetadata, ThreadStoreError } from "@threadstore/core";
import { repeatAfterConflict } from "@threadstore/core/documents";
import { agentThreadProblem, isAgentDocument, isAgentThread } from "./agent-thread.ts";
import { invalidRequest, readBody } from "./body.ts";
import type { Change } from "./change.ts";
import { checkExistence, hasPrecondition, withPrecondition } from "./entity-tags.ts";
import { checkHook, isObject, isResponse } from "./hook-results.ts";
import type { AppendedElements } from "./options.ts";
import { RequestProblem } from "./problem.ts";
import { threadNotFound } from "./read-operations.ts";
import { changedResponse, TITLE } from "./summary.ts";

/** Appends the elements that the option `append` returns, once for each idempotency key. */
export async function append(change: Change): Promise<Response> {
  const { request, id, settings } = change;
  const { elements } = await readBody(request, settings.maxBodyBytes, ["elements"]);
  if (!Array.isArray(elements)) throw invalidRequest("`elements` must be an array.");
  const decision: unknown = await settings.append?.({ request, id, elements });
  if (decision === undefined) throw new RequestProblem("FORBIDDEN", "These elements cannot be appended.");
  if (isResponse(decision)) return decision;
  const appended = checkDecision(decision);
  if (appended.elements.length === 0) throw invalidRequest("`elements` must have at least one element.");
  try {
    // Metadata is merged into the stored metadata, so it must not have changed meanwhile.
    const isRepeated = appended.metadata !== undefined && !hasPrecondition(request);
    const write = (): Promise<Response> => checkAndAppend(change, appended);
    return await (isRepeated ? repeatAfterConflict(write, request.signal) : write());
  } catch (error) {
    if (ThreadStoreError.is(error, "INVALID_ARGUMENT")) await blameHook(appended, elements);
    throw error;
  }
}

function checkDecision(decision: unknown): AppendedElements {
  checkHook(
    isObject(decision) && Array.isArray(decision["elements"]),
    "`append` must return `{ elements }`.",
  );
  const { create, metadata } = decision;
  const isThread = create === undefined || typeof create === "string" || isObject(create);
  checkHook(isThread, "`create` must be an object or JSON. Check what `append` returns.");
  checkHook(
    create === undefined || !isAgentDocument(create),
    "`create` must not be the thread of an agent. Run the agent instead.",
  );
  const isRecord = metadata === undefined || isObject(metadata);
  checkHook(isRecord, "`metadata` must be a record of strings. Check what `append` returns.");
  return decision as unknown as AppendedElements;
}

/** Checks the thread, which an agent may have written, and appends to it. */
async function checkAndAppend(
  { request, threads, id }: Change,
  appended: AppendedElements,
): Promise<Response> {
  const { signal } = request;
  const stored = await threads.load(id, { signal });
  if (stored !== undefined && isAgentThread(stored.thread)) {
    throw agentThreadProblem("An agent writes this thread. Send the message to the agent instead.");
  }
  checkExistence(request, stored);
  if (stored === undefined && appended.create === undefined && !hasPrecondition(request)) {
    throw threadNotFound();
  }
  const metadata = mergeMetadata(stored, appended.metadata);
  const key = request.headers.get("idempotency-key") ?? undefined;
  const result = await withPrecondition(request, (version) => {
    const previous = version ?? (metadata === undefined ? undefined : stored?.version);
    // A version to append to excludes a thread to create.
    const create = previous === undefined && !hasPrecondition(request) ? appended.create : undefined;
    return threads.append(id, appended.elements, { previous, create, key, metadata, signal });
  });
  return changedResponse(result, { appended: result.appended });
}

/** Merges metadata into that of a stored thread. Its title stays, because the user may have changed it. */
function mergeMetadata(
  stored: StoredThread | undefined,
  metadata: ThreadMetadata | undefined,
): ThreadMetadata | undefined {
  if (metadata === undefined) return undefined;
  const title = stored?.metadata[TITLE];
  return { ...stored?.metadata, ...metadata, ...(title === undefined ? {} : { [TITLE]: title }) };
}

/** Throws a `TypeError` if the elements of the client are valid, but the result of the option `append` is not. */
async function blameHook(appended: AppendedElements, elements: readonly unknown[]): Promise<void> {
  if (await canAppend({ elements })) {
    checkHook(await canAppend(appended), "`append` returned elements or metadata that cannot be stored.");
  }
}

async function canAppend({
  elements,
  create = { elements: [] },
  metadata,
}: AppendedElements): Promise<boolean> {
  try {
    await memoryStore().append("thread", elements, { create, metadata });
    return true;
  } catch {
    return false;
  }
}
