import {
  type AssistantClient,
  type RemoteThreadListAdapter,
  type RuntimeAdapters,
  useAui,
} from "@assistant-ui/react";
import { type HistoryThread, threadHistory } from "./history.ts";
import { readOptions, type ThreadListAdapterOptions } from "./options.ts";
import { type ThreadList, threadList } from "./thread-list.ts";
import { Threads } from "./threads.ts";

/** The thread list of assistant-ui, with the history of each thread. */
export type ThreadListAdapter = ThreadList & Pick<Required<RemoteThreadListAdapter>, "unstable_useAdapters">;

/**
 * Creates the adapter for `useRemoteThreadListRuntime`, which also provides the history of each thread to the runtime.
 * Create it once, outside of components: another adapter reloads the list. Throws `INVALID_ARGUMENT`.
 */
export function threadListAdapter(options: ThreadListAdapterOptions): ThreadListAdapter {
  const threads = new Threads(readOptions(options));
  // assistant-ui needs the same object each time, and passes another client if the thread changes.
  const adapters = new WeakMap<AssistantClient, RuntimeAdapters>();
  return {
    ...threadList(threads),
    unstable_useAdapters: function useThreadHistory(): RuntimeAdapters {
      const client = useAui();
      const existing = adapters.get(client);
      if (existing !== undefined) return existing;
      const created = { history: threadHistory(threads, () => currentThread(client)) };
      adapters.set(client, created);
      return created;
    },
  };
}

/** Returns the thread of a client, in a form that stays with the thread if the user opens another one. */
function currentThread({ threadListItem, threads }: AssistantClient): HistoryThread | undefined {
  if (!threadListItem.source) return undefined;
  const { id } = threadListItem.getState();
  const isListed = threads.getState().threadItems.some((item) => item.id === id || item.remoteId === id);
  return isListed ? threads.item({ id }) : threadListItem;
}
