import { expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";
import { layersOf } from "../runtime/layers-of.ts";
import { encodingStore } from "./decorators.test-helper.ts";
import { numberedStore } from "./segments/numbered-format.test-helper.ts";

it("names the decorators of a store and of its views, the outermost first", () => {
  const store = numberedStore(encodingStore(memoryStore()));
  expect(layersOf(store)).toEqual(["numbered", "encoding", "memory"]);
  expect(layersOf(store.namespace("a"))).toEqual(["numbered", "encoding", "memory"]);
  expect(layersOf(memoryStore())).toEqual(["memory"]);
});

it.each([undefined, null, 1, {}, { toJSON: 1 }, { toJSON: () => ({}) }, { toJSON: () => null }])(
  "ends at %o",
  (store) => {
    expect(layersOf(store)).toEqual([]);
  },
);
