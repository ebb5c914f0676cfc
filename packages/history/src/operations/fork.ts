import { type CallOptions, type StoredThread, ThreadStoreError, type Version } from "@threadstore/core";
import { METADATA_MAX_BYTES } from "@threadstore/core/decorator";
import { type HistoryContext, missingVersion } from "../history-context.ts";
import type { ForkOptions } from "../history-store.ts";
import { checkNames, loadHistory, type LoadedHistory, versionIn } from "./load-history.ts";

/** The metadata of a fork that name its origin. */
const FORKED_FROM = "forkedFrom";
const FORKED_FROM_VERSION = "forkedFromVersion";

interface Origin {
  readonly id: string;
  readonly version: Version;
}

/** Creates a thread from a version. */
export async function forkThread(
  context: HistoryContext,
  origin: Origin,
  newId: string,
  { signal, timeoutMs, metadata, ttlMs, expiresAt, ...others }: ForkOptions,
): Promise<StoredThread> {
  checkNames(others);
  const call: CallOptions = { signal, timeoutMs };
  const history = await loadHistory(context, origin.id, call);
  const forked = history && versionIn(history, origin.version);
  if (history === undefined || forked === undefined) {
    return repeated(context, origin, newId, call, missingVersion(history?.current));
  }
  const saving = {
    ...call,
    metadata: {
      ...(metadata ?? history.current.metadata),
      [FORKED_FROM]: origin.id,
      [FORKED_FROM_VERSION]: origin.version,
    },
    ...expiryOf({ ttlMs, expiresAt }, history),
  };
  try {
    return await context.store.save(newId, forked.json, saving);
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) {
      return repeated(context, origin, newId, call, existingThread(error));
    }
    const bytes = new TextEncoder().encode(JSON.stringify(saving.metadata)).length;
    if (ThreadStoreError.is(error, "TOO_LARGE") && bytes > METADATA_MAX_BYTES) {
      return repeated(context, origin, newId, call, longMetadata(error, bytes));
    }
    throw error;
  }
}

/** The message of a save would name options that a fork does not have. */
function existingThread(error: ThreadStoreError): ThreadStoreError {
  return withMessage(
    error,
    "A thread with the id of the fork exists, and is not a fork of this version. Choose another id. Nothing was changed.",
  );
}

/** The message of a save would not say that the fork has more metadata than its source. */
function longMetadata(error: ThreadStoreError, bytes: number): ThreadStoreError {
  return withMessage(
    error,
    `The metadata of the fork, which are those of its source, \`${FORKED_FROM}\` and \`${FORKED_FROM_VERSION}\`, must have at most ${METADATA_MAX_BYTES} bytes as JSON, but have ${bytes}. Pass shorter \`metadata\` to \`fork\`. Nothing was changed.`,
  );
}

function withMessage(error: ThreadStoreError, message: string): ThreadStoreError {
  const { code, operation, store, namespace, id, currentVersion } = error;
  const cause = "cause" in error && { cause: error.cause };
  return new ThreadStoreError(code, message, { operation, store, namespace, id, currentVersion, ...cause });
}

/** A fork must not outlive its source, unless the caller says so. */
function expiryOf(
  { ttlMs, expiresAt }: Pick<ForkOptions, "ttlMs" | "expiresAt">,
  { current }: LoadedHistory,
): Pick<ForkOptions, "ttlMs" | "expiresAt"> {
  const isSet = ttlMs !== undefined || expiresAt !== undefined;
  return isSet ? { ttlMs, expiresAt } : { expiresAt: current.expiresAt };
}

/** Resolves with the thread that an earlier call has created. Otherwise, rejects with the error. */
async function repeated(
  { store }: HistoryContext,
  { id, version }: Origin,
  newId: string,
  call: CallOptions,
  error: ThreadStoreError,
): Promise<StoredThread> {
  const existing = await store.load(newId, call);
  const isFork = existing?.metadata[FORKED_FROM] === id && existing.metadata[FORKED_FROM_VERSION] === version;
  if (isFork) return existing;
  throw error;
}

/** Saves a version as the newest one. */
export async function restoreVersion(
  context: HistoryContext,
  { id, version }: Origin,
  { signal, timeoutMs, ...options }: ForkOptions,
): Promise<StoredThread> {
  const { metadata, ttlMs, expiresAt, ...others } = options;
  checkNames(others);
  const call: CallOptions = { signal, timeoutMs };
  const history = await loadHistory(context, id, call);
  const restored = history && versionIn(history, version);
  if (history === undefined || restored === undefined) throw missingVersion(history?.current);
  const saving = { ...call, metadata, ttlMs, expiresAt, previous: history.current };
  return context.store.save(id, restored.json, saving);
}
