import {
  type SaveOptions,
  type StoredThread,
  type ThreadMetadata,
  ThreadStoreError,
  type ThreadText,
} from "@threadstore/core";
import type { Check } from "../check.ts";
import { type KeptText, keptText } from "../format/kept-text.ts";
import {
  type AttachmentName,
  attachmentName,
  escapedMetadata,
  hashIn,
  metadataWithSize,
  newToken,
} from "../format/names.ts";
import type { ThreadCall } from "../place.ts";
import { handOut } from "../snapshot.ts";
import { type Base, baseFound, baseSeen, metadataOf, namesByHash, type Seen, seenBy } from "./base.ts";
import { removeAttachments, writeAttachments } from "./records.ts";

/** A save as it was asked for, checked and complete: nothing the caller does later changes it. */
export interface SaveRequest {
  readonly json: string;
  readonly size: number;
  readonly seen: Seen | undefined;
  readonly overwrite: boolean;
  readonly metadata: ThreadMetadata | undefined;
  readonly expiry: Pick<SaveOptions, "ttlMs" | "expiresAt">;
}

/** Takes all it needs from the arguments before it waits. Rejects as {@link Check} does. */
export async function saveRequest(
  call: ThreadCall,
  check: Check,
  thread: object | ThreadText,
  options: SaveOptions,
): Promise<SaveRequest> {
  const seen = seenBy(call, options.previous);
  const { ttlMs, expiresAt, overwrite = false } = options;
  const expiry = { ttlMs, expiresAt: expiresAt instanceof Date ? new Date(expiresAt) : expiresAt };
  const hasMetadata = options.metadata !== undefined;
  const { json, size, metadata } = await check.save(call.id, thread, options);
  return { json, size, seen, overwrite, metadata: hasMetadata ? metadata : undefined, expiry };
}

/** A request with its attachments found. */
interface Draft extends SaveRequest {
  /** The thread without its attachments, and as it is kept where that cannot be. */
  readonly parted: KeptText;
  readonly whole: KeptText;
}

interface Committed {
  readonly stored: StoredThread;
  readonly attachments: KeptText["attachments"];
  readonly isWrapped: boolean;
  /** What the version before named. */
  readonly replaced: ReadonlySet<AttachmentName>;
}

/**
 * First the attachments that the previous version does not have, under names that nobody else uses; then the thread,
 * in one conditional step; then away with what only the previous version named. Killed in between, it leaves
 * attachments that no thread names, and never a thread that names what is not there.
 */
export async function saveThread(call: ThreadCall, request: SaveRequest): Promise<StoredThread> {
  const { json, size, seen, overwrite } = request;
  const base = seen && (await baseSeen(call, seen));
  const draft = draftOf(call, request, base);
  // An overwrite relies on nothing that is stored, for it is also the way out of damage.
  const known = new Set(base?.names);
  const written = new Map([...draft.parted.attachments].filter(([name]) => !known.has(name)));
  let committed: Committed;
  try {
    await writeAttachments(call, written);
    committed = overwrite ? await overwriteThread(call, draft) : await commit(call, draft, base, {});
  } catch (error) {
    if (isRefusal(error)) await removeAttachments(call, written.keys());
    throw error;
  }
  const { stored, attachments, isWrapped, replaced } = committed;
  const unused = [...written.keys(), ...replaced].filter((name) => !attachments.has(name));
  await removeAttachments(call, unused);
  const names = new Set(attachments.keys());
  const kept = { size: isWrapped ? size : undefined, names, restore: () => json };
  return handOut({ path: call.place.path, stored, kept, attachments });
}

function draftOf({ place }: ThreadCall, request: SaveRequest, base: Base | undefined): Draft {
  const { json, size } = request;
  const known = namesByHash(place, base);
  const token = newToken(place.options.now());
  const nameOf = (text: string): AttachmentName | undefined => {
    if (!place.options.isAttachment(text)) return undefined;
    const fresh = attachmentName(token, text);
    return known.get(hashIn(fresh)) ?? fresh;
  };
  const whole = keptText(json, size, () => undefined);
  return {
    ...request,
    whole,
    parted: place.attachments === undefined ? whole : keptText(json, size, nameOf),
  };
}

/** By a conditional step as well: what it replaces is then known, with its metadata and its attachments. */
async function overwriteThread(call: ThreadCall, draft: Draft): Promise<Committed> {
  for (;;) {
    try {
      return await commit(call, draft, await baseFound(call), {});
    } catch (error) {
      if (ThreadStoreError.is(error, "CORRUPT")) return commit(call, draft, undefined, { overwrite: true });
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function commit(
  { place, id, next }: ThreadCall,
  draft: Draft,
  base: Base | undefined,
  condition: Pick<SaveOptions, "overwrite">,
): Promise<Committed> {
  const own = draft.metadata ?? metadataOf(base);
  const sized = metadataWithSize(own, draft.size);
  // Metadata that leave no room for the size: the thread stays whole.
  const kept = sized === undefined ? draft.whole : draft.parted;
  const isChanged = draft.metadata !== undefined || base?.isWrapped === true;
  const plain = isChanged ? escapedMetadata(own) : undefined;
  const stored = await place.threads.save(id, kept.text, {
    ...condition,
    ...draft.expiry,
    ...next(),
    previous: base?.stored,
    metadata: kept.isWrapped ? sized : plain,
  });
  const { attachments, isWrapped } = kept;
  return { stored, attachments, isWrapped, replaced: base?.names ?? new Set() };
}

/** Whether the thread certainly does not name what was written for it. */
function isRefusal(error: unknown): boolean {
  return (["CONFLICT", "INVALID_ARGUMENT", "TOO_LARGE"] as const).some((code) =>
    ThreadStoreError.is(error, code),
  );
}
