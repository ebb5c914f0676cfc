import type { StoredThread, ThreadStore } from "@threadstore/core";
import {
  checkLayers,
  returnedThreads,
  segmentedOperations,
  type SegmentedState,
  wrapThreadStore,
} from "@threadstore/core/decorator";
import { HISTORY, historyFormat } from "./format/history-format.ts";
import type { Log } from "./format/log.ts";
import { type HistoryContext, missingVersion, setContext } from "./history-context.ts";
import type { HistoryStore, ThreadVersion } from "./history-store.ts";
import { diffMembers } from "./operations/diff.ts";
import { forkThread, restoreVersion } from "./operations/fork.ts";
import {
  checkedOptions,
  loadHistory,
  versionArgument,
  versionIn,
  versionsOf,
} from "./operations/load-history.ts";
import { pruneThread } from "./operations/prune.ts";
import { type HistoryOptions, resolveOptions } from "./options.ts";

/** Shared by all stores of this package, so that one recognizes threads that another has returned. */
const returned = returnedThreads<SegmentedState<Log>>();

/**
 * Creates a store that keeps the versions of its threads, together with them in `store`. An older version costs the text
 * that later versions have removed, and less than 200 bytes. Threads that `store` already contains become the first
 * versions of their histories. The result owns `store` and closes it. Throws a `TypeError` for invalid options.
 */
export function withHistory(store: ThreadStore, options: HistoryOptions = {}): HistoryStore {
  const resolved = resolveOptions(options, store);
  checkLayers(HISTORY, store);
  const { maxThreadBytes } = resolved;
  const format = historyFormat(resolved);
  const wrapped = wrapThreadStore(store, {
    name: HISTORY,
    maxThreadBytes,
    copiesInnerThreads: true,
    returnedThreads: returned,
    operations: (namespace) => segmentedOperations(namespace, format, { maxThreadBytes }),
  });
  return historyStore(wrapped, store, { options: resolved, innerThread });
}

/** A thread that is not from a store of this package is the same in both stores. */
function innerThread(stored: StoredThread): StoredThread {
  return returned.read(stored)?.decorated.stored ?? stored;
}

/** Adds the operations on versions to a store or view, whose threads are in `inner`. */
function historyStore(
  store: ThreadStore,
  inner: ThreadStore,
  shared: Omit<HistoryContext, "store" | "inner">,
): HistoryStore {
  const context: HistoryContext = { store, inner, ...shared };
  const viewOf = store.namespace.bind(store);
  const added: Omit<HistoryStore, Exclude<keyof ThreadStore, "namespace">> = {
    async versions(id, options = {}) {
      const history = await loadHistory(context, id, checkedOptions(options));
      return history === undefined ? [] : versionsOf(history);
    },
    async loadVersion(id, version, options = {}) {
      const wanted = versionArgument(version, "version");
      const history = await loadHistory(context, id, checkedOptions(options));
      return history && versionIn(history, wanted);
    },
    async diff(id, from, to, options = {}) {
      const wanted = [versionArgument(from, "from"), versionArgument(to, "to")];
      const history = await loadHistory(context, id, checkedOptions(options));
      const [before, after] = wanted.map((version) => history && versionIn(history, version));
      if (before === undefined || after === undefined) throw missingVersion(history?.current);
      return {
        from: detailsOf(before),
        to: detailsOf(after),
        members: diffMembers(before.thread, after.thread),
      };
    },
    fork: async (id, version, newId, options = {}) =>
      forkThread(
        context,
        { id, version: versionArgument(version, "version") },
        newId,
        checkedOptions(options),
      ),
    restore: async (id, version, options = {}) =>
      restoreVersion(context, { id, version: versionArgument(version, "version") }, checkedOptions(options)),
    prune: async (id, options = {}) => pruneThread(context, id, checkedOptions(options)),
    namespace: (name) => historyStore(viewOf(name), inner.namespace(name), shared),
  };
  const result = Object.assign(store, added);
  setContext(result, context);
  return result;
}

function detailsOf({ version, updatedAt, size, isCurrent }: ThreadVersion): ThreadVersion {
  return { version, updatedAt, size, isCurrent };
}
