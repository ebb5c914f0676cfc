import type { ListOptions, ThreadStore, ThreadPage } from "@threadstore/core";
import type { FaultProxy } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectEqual, expectTrue } from "../../suite/expectations.ts";
import { inParallel, range } from "../../utilities/parallel.ts";

/** The network traffic of a call. */
interface Cost {
  readonly requests: number;
  readonly bytes: number;
}

export async function pageCost(
  proxy: FaultProxy,
  view: ThreadStore,
  options: Pick<ListOptions, "limit" | "cursor" | "prefix" | "order"> & { readonly limit: number },
): Promise<Cost & { readonly page: ThreadPage }> {
  const { requests, bytesUp, bytesDown } = proxy;
  const page = await view.listPage(options);
  expectEqual(page.threads.length, options.limit, "a page is full if enough threads exist");
  return {
    page,
    requests: proxy.requests - requests,
    bytes: proxy.bytesUp + proxy.bytesDown - bytesUp - bytesDown,
  };
}

export async function fill(view: ThreadStore, from: number, count: number, length: number): Promise<void> {
  await inParallel(range(count), 16, async (n) => {
    await view.save(`thread-${String(from + n).padStart(4, "0")}`, { text: "x".repeat(length) });
  });
}

/** Otherwise the case would prove nothing, although the store is not to blame. */
export function expectProxied({ requests }: Cost): void {
  const expectation = "the harness's network.open connects to the given endpoint";
  expectTrue(requests > 0, expectation, "a page sent no request there");
}

/** The number of threads at first, and how many are added to the same namespace and to another one. */
export const GROWTH = { quick: { before: 20, more: 60 }, full: { before: 60, more: 240 } } as const;

export async function expectConstantCost(
  proxy: FaultProxy,
  view: ThreadStore,
  grow: () => Promise<void>,
  prefix?: string,
): Promise<void> {
  const first = await pageCost(proxy, view, { limit: 5, prefix });
  const second = await pageCost(proxy, view, { limit: 5, cursor: first.page.cursor, prefix });
  expectProxied(first);
  await grow();
  for (const [before, cursor, name] of [
    [first, undefined, "the first page"],
    [second, first.page.cursor, "a later page"],
  ] as const) {
    const { requests, bytes } = await pageCost(proxy, view, { limit: 5, cursor, prefix });
    const expectation = `${name} of 5 threads costs the same, regardless of how many threads exist`;
    const actual = `${before.requests} requests and ${before.bytes} bytes became ${requests} and ${bytes}`;
    // A backend may have to look in a few more locations.
    expectTrue(
      requests <= before.requests * 1.5 + 2 && bytes <= before.bytes * 1.5 + 4096,
      expectation,
      actual,
    );
  }
}

export async function storeThrough({
  startProxy,
  openThrough,
}: CaseContext): Promise<[FaultProxy, ThreadStore]> {
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  await store.listPage();
  return [proxy, store];
}
