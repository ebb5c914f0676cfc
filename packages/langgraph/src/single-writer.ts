import { type SaveOptions, type ThreadStore, ThreadStoreError, type Version } from "@threadstore/core";
import { documentText, readDocument } from "./documents.ts";
import { LangGraphStoreError } from "./errors.ts";
import { headRecordId } from "./keys.ts";

/** The record that names the latest checkpoint of a namespace. Each run replaces the version that it has loaded. */
export interface Head {
  readonly version: Version | undefined;
  readonly checkpointId?: unknown;
}

/** The heads of namespaces in which runs have found no checkpoint, until they save the first one. */
export interface EmptyHeads {
  set(recordId: string, threadId: string, head: Head): void;
  take(recordId: string, threadId: string): Head | undefined;
}

const MAX_EMPTY_HEADS = 1000;

export function emptyHeads(): EmptyHeads {
  const heads = new Map<string, Head>();
  return {
    set(recordId, threadId, head) {
      const key = `${recordId} ${threadId}`;
      // A later head must not hide that another run has overtaken the one that loaded the earlier head.
      if (heads.has(key)) return;
      // Runs that never save a checkpoint leave their heads here.
      if (heads.size >= MAX_EMPTY_HEADS) heads.clear();
      heads.set(key, head);
    },
    take(recordId, threadId) {
      const key = `${recordId} ${threadId}`;
      const head = heads.get(key);
      heads.delete(key);
      return head;
    },
  };
}

export async function loadHead(records: ThreadStore, namespace: string): Promise<Head> {
  const stored = await records.load(headRecordId(namespace));
  if (stored === undefined) return { version: undefined };
  return { version: stored.version, checkpointId: readDocument(stored, "langgraph-head")["checkpoint"] };
}

/** A claim of a head for the checkpoint that a run is about to save. */
export interface Claim {
  readonly namespace: string;
  readonly id: string;
  readonly parentId: string | undefined;
  /** The head that the run has loaded together with the parent, or when there was no checkpoint. */
  readonly loadedHead: Head | undefined;
  /** Whether the checkpoint is an intended fork, which may have any parent. */
  readonly isFork: boolean;
}

/**
 * Makes a checkpoint the latest one of its namespace. Throws `CONCURRENT_RUN` if another run has done so since this run
 * loaded the parent.
 */
export async function claimHead(
  records: ThreadStore,
  claim: Claim,
  options: Pick<SaveOptions, "expiresAt">,
): Promise<Head> {
  const previous = await expectedHead(records, claim);
  const claimed = await replaceHead(records, claim, previous, options);
  if (claimed !== undefined) return claimed;
  // Extending the expiry of the thread changes the version of the head, but not the checkpoint that it names.
  const current = previous.version === undefined ? undefined : await loadHead(records, claim.namespace);
  const isMoved = current?.version !== undefined && current.checkpointId === previous.checkpointId;
  const claimedAgain = isMoved ? await replaceHead(records, claim, current, options) : undefined;
  if (claimedAgain === undefined) throw concurrentRun();
  return claimedAgain;
}

/** Replaces a version of a head. Resolves with `undefined` if the head has another version. */
async function replaceHead(
  records: ThreadStore,
  { namespace, id }: Claim,
  previous: Head,
  options: Pick<SaveOptions, "expiresAt">,
): Promise<Head | undefined> {
  const text = documentText("langgraph-head", [`"checkpoint":${JSON.stringify(id)}`]);
  try {
    const { version } = await records.save(headRecordId(namespace), text, {
      ...options,
      previous: previous.version,
    });
    return { version, checkpointId: id };
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

async function expectedHead(records: ThreadStore, claim: Claim): Promise<Head> {
  const { namespace, parentId, loadedHead, isFork } = claim;
  // The parent of a copy is that of the original, which this run may never have loaded.
  if (isFork) return loadHead(records, namespace);
  if (loadedHead !== undefined) return loadedHead;
  if (parentId === undefined) return { version: undefined };
  const head = await loadHead(records, namespace);
  if (head.version === undefined || head.checkpointId === parentId) return head;
  throw concurrentRun();
}

function concurrentRun(): LangGraphStoreError {
  const message =
    "Another run has saved a checkpoint of this thread. Nothing was saved. Run the graph again to continue from it.";
  return new LangGraphStoreError("CONCURRENT_RUN", message);
}
