import { LISTING, type ListingOption } from "../listing/listing-option.ts";
import type { ListOptions, ThreadStore, ThreadSummary } from "../thread-store.ts";
import { checkedCallOptions } from "../validation/call-options.ts";

/** Lists the threads of a store page by page. */
export async function* listThreads(
  store: Pick<ThreadStore, "listPage">,
  options: ListOptions,
): AsyncGenerator<ThreadSummary, void, undefined> {
  const checked = checkedCallOptions("list", options);
  const listing: ListingOption = { [LISTING]: {} };
  let { cursor } = checked;
  do {
    const page = await store.listPage({ ...checked, ...listing, cursor });
    yield* page.threads;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
