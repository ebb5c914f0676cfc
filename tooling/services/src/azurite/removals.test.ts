import { beforeAll, expect, it, vi } from "vitest";
import { azuriteLoki, type Collection, keepIndicesOnRemoval } from "./removals.ts";

const Loki = azuriteLoki();
beforeAll(() => keepIndicesOnRemoval(Loki));

/** Documents in an order that is not that of their names. */
function collectionOf(count: number): Collection {
  const collection = new Loki("test").addCollection("blobs", { indices: ["account", "name"] });
  for (let n = 0; n < count; n += 1) collection.insert({ account: "one", name: `n${(n * 7) % count}` });
  return collection;
}

it("does not sort indices for the removal of one document", () => {
  const collection = collectionOf(100);
  const sort = vi.spyOn(collection, "ensureAllIndexes");
  for (const n of [50, 0, 99]) {
    const query = { account: "one", name: `n${n}` };
    collection.findAndRemove(query);
    expect(collection.find(query)).toEqual([]);
  }
  expect(sort).not.toHaveBeenCalled();
  expect(collection.find({ account: "one" })).toHaveLength(97);
  for (let n = 1; n < 99; n += 1)
    expect(collection.find({ name: `n${n}`, account: "one" })).toHaveLength(n === 50 ? 0 : 1);
});

it("removes the documents that a query finds, however many there are", () => {
  for (const count of [10, 100]) {
    const collection = collectionOf(count);
    collection.insert({ account: "two", name: "n5" });
    collection.findAndRemove({ account: "one" });
    expect(collection.find({ name: "n5" })).toMatchObject([{ account: "two" }]);
    expect(collection.data).toHaveLength(1);
  }
});
