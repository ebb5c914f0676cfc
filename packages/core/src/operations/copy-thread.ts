import { ThreadStoreError } from "../errors.ts";
import type { StoredThread, ThreadStore } from "../thread-store.ts";
import { copyingOptions, differentCopy, isCopyOf } from "./thread-copy.ts";

/** The namespaces that a thread is copied between. */
export interface CopyContext {
  readonly source: ThreadStore;
  readonly target: ThreadStore;
  readonly overwrite: boolean;
  readonly signal: AbortSignal | undefined;
}

export type CopyOutcome =
  /** The thread was written to the target. */
  | { readonly kind: "copied"; readonly bytes: number }
  /** The target already had it. */
  | { readonly kind: "skipped" }
  /** It was deleted, or expired, since it was listed. */
  | { readonly kind: "gone" }
  | { readonly kind: "corrupt" };

/** Copies one thread, and reads it back. */
export async function copyThread(context: CopyContext, id: string): Promise<CopyOutcome> {
  const { source, signal } = context;
  signal?.throwIfAborted();
  const original = await loadOriginal(source, id, signal);
  if (original === "corrupt") return { kind: "corrupt" };
  if (original === undefined) return { kind: "gone" };
  const saved = await saveCopy(context, original);
  if (saved === undefined) return { kind: "skipped" };
  await verifyCopy(context, original, saved);
  return { kind: "copied", bytes: original.size };
}

async function loadOriginal(
  source: ThreadStore,
  id: string,
  signal: AbortSignal | undefined,
): Promise<StoredThread | "corrupt" | undefined> {
  try {
    return await source.load(id, { signal });
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return "corrupt";
    throw error;
  }
}

/** Resolves with the thread in the target; `undefined` if it was already there. */
async function saveCopy(
  { target, overwrite, signal }: CopyContext,
  original: StoredThread,
): Promise<StoredThread | undefined> {
  const { id, json } = original;
  const options = copyingOptions(original, signal);
  try {
    return await target.save(id, json, options);
  } catch (error) {
    if (overwrite && ThreadStoreError.is(error, "CORRUPT")) {
      return target.save(id, json, { ...options, overwrite: true });
    }
    if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    const existing = await target.load(id, { signal });
    if (existing !== undefined && isCopyOf(existing, original)) return undefined;
    if (!overwrite) throw differs(error, existing);
  }
  return target.save(id, json, { ...options, overwrite: true });
}

/** Loading verifies the checksums of the copy. Another client may have saved or deleted it since. */
async function verifyCopy(
  { target, signal }: CopyContext,
  original: StoredThread,
  saved: StoredThread,
): Promise<void> {
  const copy = await target.load(original.id, { signal });
  if (copy === undefined || copy.version !== saved.version || isCopyOf(copy, original)) return;
  throw differentCopy(original.id);
}

function differs(
  { store, namespace, id }: ThreadStoreError,
  existing: StoredThread | undefined,
): ThreadStoreError {
  const message =
    "The target has another thread of this id. Pass `overwrite: true` to replace it, or copy to another namespace.";
  return new ThreadStoreError("CONFLICT", message, {
    store,
    namespace,
    id,
    currentVersion: existing?.version,
  });
}
