import { memoryStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { recordLoader } from "./load-channels.ts";
import { observedStore } from "./observed-store.test-helper.ts";

it.each<{ title: string; maxBytes: number; loaded: readonly string[] }>([
  { title: "all records", maxBytes: 10_000, loaded: ["a", "b", "c", "missing"] },
  { title: "the last records", maxBytes: 2500, loaded: ["a", "b", "c", "missing", "b"] },
  { title: "no record", maxBytes: 100, loaded: ["a", "b", "a", "c", "missing", "b", "c"] },
])("a loader of up to $maxBytes bytes loads $title once", async ({ maxBytes, loaded }) => {
  const calls: unknown[] = [];
  const inner = memoryStore();
  const store = observedStore(inner, (operation, id) => {
    if (operation === "load") calls.push(id);
  });
  for (const id of ["a", "b", "c"]) await inner.save(id, { text: id.repeat(1000) });
  const load = recordLoader(store, maxBytes);
  for (const id of ["a", "b", "a", "c", "missing", "missing", "b", "c"]) {
    // Loads at the same time share a request.
    const [first, second] = await Promise.all([load(id), load(id)]);
    expect(first).toBe(second);
    expect(first?.thread).toEqual(id === "missing" ? undefined : { text: id.repeat(1000) });
  }
  expect(calls).toEqual(loaded);
});
