import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";

async function allPages(store: ThreadStore, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ limit, cursor });
    pages.push(page.namespaces);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return pages;
}

describe("namespaces()", () => {
  it("returns a name once although others lie between it and what is nested in it", async () => {
    const store = memoryStore();
    for (const path of [["a"], ["a", "c"], ["a-b"], ["a-b", "c"], ["a-b-c", "d"], ["a."], ["b", "c"]]) {
      await path.reduce((view, name) => view.namespace(name), store).save("t", {});
    }
    for (const limit of [1, 2, 3, 100]) {
      expect((await allPages(store, limit)).flat().toSorted()).toEqual(["a", "a-b", "a-b-c", "a.", "b"]);
    }
    // Even if its own threads are deleted between two pages.
    const { namespaces, cursor } = await store.namespaces({ limit: 1 });
    expect(namespaces).toEqual(["a"]);
    await store.namespace("a").delete("t");
    expect((await store.namespaces({ cursor })).namespaces).not.toContain("a");
  });

  it("limits the requests of a call if many namespaces are nested in one", async () => {
    const store = memoryStore();
    for (let n = 0; n < 30; n += 1) await store.namespace("a").namespace(`nested-${n}`).save("t", {});
    await store.namespace("b").save("t", {});
    const pages = await allPages(store, 2);
    expect(pages.flat()).toEqual(["a", "b"]);
    expect(pages.length).toBeGreaterThan(1);
  });

  it("does not return a stored namespace that no name can have", async () => {
    const namespaces = ["a%zz", "a//b", "/a", "%2f", "ok"];
    const store = createThreadStore({
      ...memoryDriver(),
      listNamespaces: async () => ({ namespaces, next: undefined }),
    });
    expect((await store.namespaces()).namespaces).toEqual(["a", "ok"]);
  });

  it("rejects a page that does not advance", async () => {
    const store = createThreadStore({
      ...memoryDriver(),
      listNamespaces: async () => ({ namespaces: ["a"], next: "a" }),
    });
    const { cursor } = await store.namespaces({ limit: 1 });
    await expect(store.namespaces({ cursor })).rejects.toMatchObject({ code: "BACKEND_ERROR" });
  });

  it("rejects a cursor of another store", async () => {
    const store = memoryStore();
    for (const name of ["a", "b"]) await store.namespace(name).save("t", {});
    const { cursor } = await store.namespaces({ limit: 1 });
    const other = createThreadStore({ ...memoryDriver(), name: "other" });
    await expect(other.namespaces({ cursor })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
