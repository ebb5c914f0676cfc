import type { Version } from "@threadstore/core";
import { isRewriting, type RewritingState } from "./blob-state.ts";
import {
  appendBlock,
  type BlobTarget,
  createSnapshot,
  deleteSnapshot,
  emptyForRewrite,
  getState,
} from "./blobs.ts";
import { wholeRecordBlock } from "./blocks.ts";
import { withEffect } from "./errors.ts";

/**
 * Replaces the whole content of an append blob if it holds `expectedVersion`. Azure can neither replace that content
 * in one step nor change the type of a blob. Therefore a snapshot holds the old record while the blob is empty. The
 * request that empties the blob also sets the metadata that lead readers to the snapshot. The append is the commit
 * point.
 */
export async function rewriteRecord(
  target: BlobTarget,
  record: Uint8Array,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const state = await withEffect("none", () => startRewrite(target, expectedVersion));
  return state === undefined
    ? completeRewrite(target, record, expectedVersion)
    : appendRewritten(target, record, state);
}

/** Completes a rewrite of `expectedVersion`, whichever process started it. */
export async function completeRewrite(
  target: BlobTarget,
  record: Uint8Array,
  expectedVersion: Version,
): Promise<Version | undefined> {
  const state = await withEffect("none", () => getState(target));
  return isRewriting(state, expectedVersion) ? appendRewritten(target, record, state) : undefined;
}

/** Resolves with `undefined` if the blob changed meanwhile, perhaps because another process started a rewrite. */
async function startRewrite(target: BlobTarget, version: Version): Promise<RewritingState | undefined> {
  const snapshot = await createSnapshot(target, version);
  if (snapshot === undefined) return undefined;
  const started = await emptyForRewrite(target, { version, snapshot });
  if (started !== undefined) return started;
  const state = await getState(target);
  // Azurite names snapshots by the millisecond: a faster process may depend on a snapshot of the same name.
  if (state?.kind !== "rewriting" || state.snapshot !== snapshot) await deleteSnapshot(target, snapshot);
  return undefined;
}

async function appendRewritten(
  target: BlobTarget,
  record: Uint8Array,
  { etag, snapshot }: RewritingState,
): Promise<Version | undefined> {
  const version = await appendBlock(target, wholeRecordBlock(record), { etag, length: 0 });
  // The save is applied by now, although this request can still fail.
  if (version !== undefined) await withEffect("unknown", () => deleteSnapshot(target, snapshot));
  return version;
}
