import { memoryStore, type ThreadStore } from "@threadstore/core";
import { createThreadStore, memoryDriver } from "@threadstore/core/driver";
import { expect, it, vi } from "vitest";
import { walk, walkNamespaces, type WalkPosition } from "./walk.ts";

const signal = new AbortController().signal;
const NAMESPACES = 250;

async function filledStore(store: ThreadStore = memoryStore()): Promise<ThreadStore> {
  for (let index = 0; index < NAMESPACES; index += 1) await store.namespace(`n${index}`).save("t", {});
  return store;
}

it("lists many namespaces at a time, because a page of them can cost a scan of all keys", async () => {
  const driver = memoryDriver();
  const listNamespaces = vi.spyOn(driver, "listNamespaces");
  const store = await filledStore(createThreadStore(driver));
  const names = new Set<string>();
  for await (const walked of walkNamespaces(store, signal)) names.add(walked.namespaces.join("/"));
  expect(names.size).toBe(1 + NAMESPACES);
  expect(listNamespaces).toHaveBeenCalledOnce();
  for await (const { namespaces } of walk(store, { signal })) names.delete(namespaces.join("/"));
  expect(names.size).toBe(0);
  expect(listNamespaces).toHaveBeenCalledTimes(2);
});

it("continues from each position, which can be stored as JSON", async () => {
  const store = await filledStore();
  await store.namespace("n1").namespace("deep").save("t", {});
  const names: string[] = [];
  let start: WalkPosition | undefined;
  do {
    // Each page is listed by another walk.
    for await (const page of walk(store, { start, signal })) {
      names.push(page.namespaces.join("/"));
      start = page.next && (JSON.parse(JSON.stringify(page.next)) as WalkPosition);
      break;
    }
  } while (start !== undefined);
  const expected = Array.from({ length: NAMESPACES }, (_, index) => `n${index}`);
  expect(names.toSorted()).toEqual(["", "n1/deep", ...expected].toSorted());
});
