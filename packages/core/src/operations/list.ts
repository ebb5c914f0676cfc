import type { ListOptions, ThreadStore, ThreadSummary } from "../thread-store.ts";
import { checkCallOptions } from "../validation/call-options.ts";

/** Lists the threads of a store page by page. */
export async function* listThreads(
  store: Pick<ThreadStore, "listPage">,
  options: ListOptions,
): AsyncGenerator<ThreadSummary, void, undefined> {
  checkCallOptions("list", options);
  let { cursor } = options;
  do {
    const page = await store.listPage({ ...options, cursor });
    yield* page.threads;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
