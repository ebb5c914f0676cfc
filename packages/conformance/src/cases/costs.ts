import type { ThreadPage, ThreadStore } from "@threadstore/core";
import type { FaultProxy } from "../engines/fault-proxy/index.ts";
import { type CaseContext, type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { holds, same } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";

/** What a call took of the network. */
interface Cost {
  readonly requests: number;
  readonly bytes: number;
}

async function pageCost(
  proxy: FaultProxy,
  view: ThreadStore,
  options: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Cost & { readonly page: ThreadPage }> {
  const { requests, bytesUp, bytesDown } = proxy;
  const page = await view.listPage(options);
  same(page.threads.length, options.limit, "a page has as many threads as it may, where there are so many");
  return {
    page,
    requests: proxy.requests - requests,
    bytes: proxy.bytesUp + proxy.bytesDown - bytesUp - bytesDown,
  };
}

async function fill(view: ThreadStore, from: number, count: number, length: number): Promise<void> {
  await inParallel(range(count), 16, async (n) => {
    await view.save(`thread-${String(from + n).padStart(4, "0")}`, { text: "x".repeat(length) });
  });
}

/** Not the store's fault, but nothing would be proved. */
function reachesProxy({ requests }: Cost): void {
  const promised = "the harness's network.open connects to the endpoint that it is given";
  holds(requests > 0, promised, "a page sent no request there");
}

/** How many threads there are at first, and how many come in the same namespace and in another. */
const GROWTH = { quick: { before: 20, more: 60 }, full: { before: 60, more: 240 } } as const;

async function costsAsBefore(proxy: FaultProxy, view: ThreadStore, grow: () => Promise<void>): Promise<void> {
  const first = await pageCost(proxy, view, { limit: 5 });
  const second = await pageCost(proxy, view, { limit: 5, cursor: first.page.cursor });
  reachesProxy(first);
  await grow();
  for (const [before, cursor, name] of [
    [first, undefined, "the first page"],
    [second, first.page.cursor, "a later page"],
  ] as const) {
    const { requests, bytes } = await pageCost(proxy, view, { limit: 5, cursor });
    const promised = `${name} of 5 threads costs the same however many threads there are`;
    const happened = `${before.requests} requests and ${before.bytes} bytes became ${requests} and ${bytes}`;
    // A backend may have to look in a few more places.
    holds(requests <= before.requests * 1.5 + 2 && bytes <= before.bytes * 1.5 + 4096, promised, happened);
  }
}

async function storeThrough({ startProxy, openThrough }: CaseContext): Promise<[FaultProxy, ThreadStore]> {
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  await store.listPage();
  return [proxy, store];
}

export const costs: ConformanceCase[] = faultsSection("Costs", [
  {
    id: "N20",
    title: "a page of a listing transfers no more for long threads than for short ones",
    clauses: ["L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const [short, long] = [store.namespace("short"), store.namespace("long")];
      // Longer than what a backend without summaries has to read of a record's end.
      await fill(short, 0, 8, 40_000);
      await fill(long, 0, 8, 400_000);
      const before = await pageCost(proxy, short, { limit: 8 });
      const { bytes } = await pageCost(proxy, long, { limit: 8 });
      reachesProxy(before);
      const promised = "a page of threads of 400 KB transfers no more than one of threads of 40 KB";
      holds(bytes <= before.bytes * 1.25 + 4096, promised, `${before.bytes} bytes became ${bytes}`);
    },
  },
  {
    id: "N21",
    title: "a page costs no more where there are many threads, in its namespace and in others",
    clauses: ["L3"],
    async run(context) {
      const [proxy, store] = await storeThrough(context);
      const [view, other] = [store.namespace("a"), store.namespace("b")];
      const { before, more } = GROWTH[context.settings.effort];
      await fill(view, 0, before, 100);
      await costsAsBefore(proxy, view, () => fill(other, 0, more, 100));
      await costsAsBefore(proxy, view, () => fill(view, before, more, 100));
    },
  },
]);
