import { describe, expect, it, test } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import type { KnownNamespaces } from "../listing/known-namespaces.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";
import { copyThreads } from "./copy-threads.ts";
import { eraseWhere } from "./erase-where.ts";
import { namesOf, nextPath, type Path } from "./namespace-walk.ts";

/** A store in memory that counts the pages of namespaces that its driver lists. */
function countedStore(): { readonly store: ThreadStore; readonly records: MemoryRecords; pages: number } {
  const records: MemoryRecords = new Map();
  const driver = memoryDriver({ records });
  const counted = {
    records,
    pages: 0,
    store: createThreadStore({
      ...driver,
      listNamespaces: (request, options) => {
        counted.pages += 1;
        return driver.listNamespaces(request, options);
      },
    }),
  };
  return counted;
}

async function saveIn(store: ThreadStore, paths: readonly (readonly string[])[]): Promise<void> {
  for (const path of paths) await path.reduce((view, name) => view.namespace(name), store).save("t", {});
}

async function walked(store: ThreadStore, known?: KnownNamespaces): Promise<string[]> {
  const found: string[] = [];
  let path: Path | undefined = [];
  while ((path = await nextPath(store, path, undefined, known)) !== undefined)
    found.push(namesOf(path).join("/"));
  return found;
}

const flat = (count: number): string[][] =>
  Array.from({ length: count }, (_, n) => [`tenant-${String(n).padStart(4, "0")}`]);

describe("a walk", () => {
  it("lists a page of namespaces once, and again only for the last namespace of a page", async () => {
    const counted = countedStore();
    await saveIn(counted.store, flat(1200));
    expect(await walked(counted.store, new Map())).toHaveLength(1200);
    // Three pages. The first two end in the middle of the listing, so what is nested in their last one is unknown.
    expect(counted.pages).toBe(3 + 2);
  });

  it("does not list namespaces again that are nested in those of a page", async () => {
    const counted = countedStore();
    const paths = flat(40).flatMap(([tenant = ""]) => [
      [tenant],
      [tenant, "users", "ann"],
      [tenant, "users", "bob"],
    ]);
    await saveIn(counted.store, paths);
    expect(await walked(counted.store, new Map())).toHaveLength(40 * 4);
    expect(counted.pages).toBe(1);
  });

  it("visits the same namespaces as without what is known, at every size of a page of the driver", async () => {
    const records: MemoryRecords = new Map();
    const names = ["a", "a-b", "a.", "ab", "a b", "b", "é", "a%", "\u{1f600}"];
    const paths = names.flatMap((name) => [
      [name],
      ...names.map((nested) => [name, nested]),
      [name, "deep", "er"],
    ]);
    await saveIn(memoryStore({ records }), paths);
    const expected = await walked(memoryStore({ records }));
    expect(new Set(expected).size).toBe(paths.length + names.length);
    const driver = memoryDriver({ records });
    for (const limit of [1, 2, 3, 7, 20, 1000]) {
      const paged = createThreadStore({
        ...driver,
        listNamespaces: (request, options) =>
          driver.listNamespaces({ ...request, limit: Math.min(request.limit, limit) }, options),
      });
      expect(await walked(paged, new Map())).toEqual(expected);
    }
  });

  it("continues with the namespaces after one that has more than a page of its own", async () => {
    const counted = countedStore();
    await saveIn(counted.store, [
      ...flat(30),
      ...flat(600).map(([name = ""]) => ["tenant-0010", name]),
      ["zoo"],
    ]);
    const found = await walked(counted.store, new Map());
    expect(found).toEqual(await walked(counted.store));
    counted.pages = 0;
    await walked(counted.store, new Map());
    expect(counted.pages).toBeLessThan(20);
  });

  it("does not take the namespaces of one store for those of another, which the same walk lists", async () => {
    const [one, other] = [memoryStore(), memoryStore()];
    await saveIn(one, [["a"]]);
    await saveIn(other, [["a", "b"]]);
    const known: KnownNamespaces = new Map();
    expect(await walked(one, known)).toEqual(["a"]);
    expect(
      await nextPath(other, [{ name: "a", following: [], siblings: undefined }], undefined, known),
    ).toBeDefined();
  });
});

test("jobs list each page of namespaces once in a pass", async () => {
  const counted = countedStore();
  await saveIn(counted.store, flat(300));
  counted.pages = 0;
  await copyThreads(counted.store, memoryStore());
  expect(counted.pages).toBe(1);
  counted.pages = 0;
  const { threads } = await eraseWhere(counted.store, {}, { prefix: "t" });
  expect(threads).toBe(300);
  // A pass that deletes, and a pass that does not find anything.
  expect(counted.pages).toBe(2);
});

test("a pass finds namespaces that were created during the pass before", async () => {
  const counted = countedStore();
  await saveIn(counted.store, [["a"], ["b"]]);
  let hasSaved = false;
  const { threads } = await eraseWhere(
    counted.store,
    {},
    {
      prefix: "t",
      onThread: ({ namespaces }) => {
        if (namespaces[0] !== "b" || hasSaved) return;
        hasSaved = true;
        const driver = memoryStore({ records: counted.records });
        void saveIn(driver, [["a", "late"]]);
      },
    },
  );
  expect(threads).toBe(3);
});
