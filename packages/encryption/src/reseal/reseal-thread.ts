import {
  type ThreadMetadata,
  type ThreadStore,
  ThreadStoreError,
  type ThreadSummary,
} from "@threadstore/core";
import {
  DECORATED_METADATA,
  type DecoratedMetadataOption,
  PRESERVED_DETAILS,
  preservedDetailsOf,
  type PreservingOptions,
} from "@threadstore/core/decorator";
import { parseHead } from "../format/head.ts";
import { keyIdOfMetadata } from "../format/sealed-metadata.ts";
import type { KeyProvider } from "../keys/key-provider.ts";
import type { ResealTotals } from "./reseal-position.ts";

/** A namespace whose threads are encrypted again. */
export interface ResealContext {
  /** Returns the namespace, with a decorator that encrypts each thread as a whole when it is saved. */
  readonly encrypted: (isSealed: boolean) => ThreadStore;
  readonly keys: KeyProvider;
  /** Whether metadata are sealed; `undefined` keeps them as they are stored. */
  readonly isSealed: boolean | undefined;
  readonly all: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What became of a thread; `gone` if it was deleted, or expired, since it was listed. */
export type ResealOutcome = keyof ResealTotals | "gone";

const MAX_ATTEMPTS = 50;

/** Encrypts a listed thread with the current key, unless it has it. */
export async function resealThread(context: ResealContext, summary: ThreadSummary): Promise<ResealOutcome> {
  const { signal } = context;
  signal?.throwIfAborted();
  if (summary.corrupt) return "corrupt";
  const { metadata = {} } = summary;
  if (!context.all && isCurrent(context, metadata)) return "current";
  const isSealed = context.isSealed ?? keyIdOfMetadata(metadata) !== undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await encryptAgain(context.encrypted(isSealed), summary.id, signal);
    } catch (error) {
      if (ThreadStoreError.is(error, "CORRUPT")) return "corrupt";
      // Another writer saved first, possibly also with the old key.
      if (!ThreadStoreError.is(error, "CONFLICT") || attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}

async function encryptAgain(
  encrypted: ThreadStore,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ResealOutcome> {
  const previous = await encrypted.load(id, { signal });
  if (previous === undefined) return "gone";
  const options: PreservingOptions & DecoratedMetadataOption = {
    previous,
    metadata: previous.metadata,
    signal,
    [PRESERVED_DETAILS]: preservedDetailsOf(previous),
    // Layers above have added theirs, whose names are not known here.
    [DECORATED_METADATA]: [],
  };
  await encrypted.save(id, previous.json, options);
  return "resealed";
}

/** Returns whether the stored metadata are those of a thread with the current key. */
export function isCurrent(
  { keys, isSealed }: Pick<ResealContext, "keys" | "isSealed">,
  stored: ThreadMetadata,
): boolean {
  const keyIds = [keyIdOfHead(stored), keyIdOfMetadata(stored)];
  const [ofThread, ofMetadata] = keyIds;
  if (ofThread === undefined) return false;
  if (isSealed !== undefined && (ofMetadata !== undefined) !== isSealed) return false;
  return keyIds.every((id) => id === undefined || keys.isCurrent(id));
}

/** Returns the id of the key of a thread; `undefined` if it is not encrypted, or its head is invalid. */
export function keyIdOfHead(stored: ThreadMetadata): string | undefined {
  const [outline = "", head] = (stored[".encryption"] ?? "").split(" ");
  if (head === undefined) return undefined;
  try {
    return parseHead({ outline, head }).keyId;
  } catch {
    // Loading the thread reports it.
    return undefined;
  }
}
