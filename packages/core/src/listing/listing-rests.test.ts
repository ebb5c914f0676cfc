import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { copyThreads, eraseWhere } from "../maintenance.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import type { PageRequest } from "../thread-driver.ts";
import type { ThreadStore } from "../thread-store.ts";
import { ALL_BY_ID } from "./listing-order.ts";
import { listingRests } from "./listing-rests.ts";

function page(listing: object | undefined, after: string | undefined): PageRequest {
  return { ...ALL_BY_ID, listing, after, limit: 2 };
}

describe("the rests of listings", () => {
  const listing = {};

  it("are found at the position where a page ended, and at the one before", () => {
    const rests = listingRests<string>();
    expect(rests.find("n", page(listing, undefined))).toBeUndefined();
    rests.keep("n", page(listing, undefined), { position: "b", entries: ["c", "d", "e"] });
    expect(rests.find("n", page(listing, "b"))).toEqual(["c", "d", "e"]);
    rests.keep("n", page(listing, "b"), { position: "d", entries: ["e"] });
    expect(rests.find("n", page(listing, "b"))).toEqual(["c", "d", "e"]);
    expect(rests.find("n", page(listing, "d"))).toEqual(["e"]);
    rests.keep("n", page(listing, "d"), { position: undefined, entries: [] });
    expect(rests.find("n", page(listing, "b"))).toBeUndefined();
  });

  it("are not found in another listing, namespace, order or prefix, nor without a listing", () => {
    const rests = listingRests<string>();
    rests.keep("n", page(listing, undefined), { position: "b", entries: ["c"] });
    expect(rests.find("n", page({}, "b"))).toBeUndefined();
    expect(rests.find("m", page(listing, "b"))).toBeUndefined();
    expect(rests.find("n", { ...page(listing, "b"), order: "updated" })).toBeUndefined();
    expect(rests.find("n", { ...page(listing, "b"), prefix: "c" })).toBeUndefined();
    rests.keep("n", page(undefined, undefined), { position: "b", entries: ["c"] });
    expect(rests.find("n", page(undefined, "b"))).toBeUndefined();
  });
});

/** A store of 250 threads that records the listings of the pages that core asks for. */
async function recorded(): Promise<{ store: ThreadStore; listings: (object | undefined)[] }> {
  const listings: (object | undefined)[] = [];
  const driver = memoryDriver();
  const store = createThreadStore({
    ...driver,
    list(namespace, request, options) {
      listings.push(request.listing);
      return driver.list(namespace, request, options);
    },
  });
  for (let n = 0; n < 250; n += 1) await store.save(`t-${n}`, {});
  return { store, listings };
}

async function count(listing: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of listing) found += 1;
  return found;
}

it.each<[string, (store: ThreadStore) => Promise<unknown>]>([
  ["list", (store) => count(store.list())],
  ["deleteExpired", (store) => store.deleteExpired()],
  ["erase", (store) => store.erase()],
  ["copyThreads", (store) => copyThreads(store, memoryStore())],
  ["eraseWhere", (store) => eraseWhere(store, { owner: "none" })],
])("all pages of %s belong to one listing, and each call has another", async (_, call) => {
  const { store, listings } = await recorded();
  await call(store);
  const pages = listings.splice(0);
  expect(pages.length).toBeGreaterThanOrEqual(3);
  // A removal also looks for expired threads.
  expect(new Set(pages).size).toBeLessThanOrEqual(2);
  expect(pages).not.toContain(undefined);
  await call(store);
  expect(listings.every((listing) => !pages.includes(listing))).toBe(true);
});

it.each(["id", "updated"] as const)(
  "a listing by %s has all threads that stay, whatever else is created, saved and deleted meanwhile",
  async (order) => {
    let time = 1000;
    const store = memoryStore({ now: () => (time += 1) });
    for (let n = 100; n < 140; n += 1) await store.save(`t-${n}`, {});
    const ids: string[] = [];
    for await (const { id } of store.list({ order, limit: 5 })) {
      ids.push(id);
      const n = ids.length;
      if (n % 5 !== 0) continue;
      await store.delete(`t-${100 + n}`);
      await store.save(`t-${101 + n}`, { n }, { overwrite: true });
      await store.save(`s-${n}`, {});
    }
    expect(new Set(ids).size).toBe(ids.length);
    const changed = new Set(
      Array.from({ length: 8 }, (_, n) => [`t-${105 + 5 * n}`, `t-${106 + 5 * n}`]).flat(),
    );
    const kept = Array.from({ length: 40 }, (_, n) => `t-${100 + n}`).filter((id) => !changed.has(id));
    expect(ids).toEqual(expect.arrayContaining(kept));
  },
);
