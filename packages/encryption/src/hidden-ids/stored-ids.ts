import { ThreadStoreError, type ThreadSummary } from "@threadstore/core";
import type { DecoratedCall, DecoratedNamespace } from "@threadstore/core/decorator";
import { splitId } from "./id-metadata.ts";

/** Returns the id under which a thread is stored. */
export type HideId = (id: string) => Promise<string>;

/** Checks that the key can find at least one thread of a namespace. Otherwise, the namespace would look empty. */
export interface StoredIds {
  /** Called before a call may report that a thread is missing, or create one. Rejects with `MISCONFIGURED`. */
  check(namespace: DecoratedNamespace, call: DecoratedCall): Promise<void>;
  /** Checks threads that were listed. */
  checkListed(threads: readonly ThreadSummary[]): Promise<void>;
  /** Called when the key has found a thread. */
  confirm(): void;
}

/** The number of threads that are listed, at most: some may be corrupt. */
const SAMPLE_SIZE = 10;
/** The number of namespaces that are remembered for each store. An application may have one for each user. */
const REMEMBERED_NAMESPACES = 1000;

/**
 * Returns the checks of a namespace. Each process lists a few threads of it once: any that is stored under the hash of
 * its id proves that the key is the right one. `checked` contains the namespaces that have been checked.
 */
export function storedIds(checked: Set<string>, name: string, hideId: HideId): StoredIds {
  const confirm = (): void => {
    const [oldest] = checked;
    if (checked.size >= REMEMBERED_NAMESPACES && oldest !== undefined) checked.delete(oldest);
    checked.add(name);
  };
  const checkListed: StoredIds["checkListed"] = async (threads) => {
    if (checked.has(name)) return;
    const intact = threads.filter(({ corrupt }) => !corrupt);
    const kinds = await Promise.all(intact.map(async (summary) => kindOf(summary, hideId)));
    if (kinds.includes("found")) confirm();
    else if (kinds.includes("foreign")) throw foreignKey();
    else if (kinds.includes("visible")) throw visibleIds();
  };
  return {
    confirm,
    checkListed,
    async check({ inner }, call) {
      if (checked.has(name)) return;
      await checkListed(await sample(inner, call));
      confirm();
    },
  };
}

async function sample(
  inner: DecoratedNamespace["inner"],
  call: DecoratedCall,
): Promise<readonly ThreadSummary[]> {
  try {
    const page = await inner.listPage({ limit: SAMPLE_SIZE, metadata: true, ...call.options() });
    return page.threads;
  } catch (error) {
    // A key of `withEncryption` is missing. That must not prevent calls on threads that do not need it.
    if (ThreadStoreError.is(error, "MISCONFIGURED")) return [];
    throw error;
  }
}

/** Returns how a thread is stored: under the hash of its id, under one of another key, or under the id itself. */
async function kindOf(
  { id: storedId, metadata = {} }: ThreadSummary,
  hideId: HideId,
): Promise<"found" | "foreign" | "visible"> {
  const { id } = splitId(metadata);
  if (id === undefined) return "visible";
  return (await hideId(id)) === storedId ? "found" : "foreign";
}

function foreignKey(): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    "Another `key` of `withHiddenIds` has hidden the ids of the stored threads, so that this one does not find them. Pass the key with which they were saved.",
  );
}

function visibleIds(): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    "The stored threads were saved without `withHiddenIds`, so that they are not found. Copy them with `copyThreads` to an empty store that has it.",
  );
}
