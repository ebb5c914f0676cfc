import { describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";
import { checkLayers } from "./check-layers.ts";
import { forwardChanges, forwardOperations } from "./forward-operations.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

const ORDER = ["hiddenIds", "history", "attachments", "compression", "encryption"] as const;

function layer(name: string, store: ThreadStore): ThreadStore {
  return wrapThreadStore(store, {
    name,
    operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
  });
}

function outcomeOf(name: (typeof ORDER)[number], store: ThreadStore): string {
  try {
    checkLayers(name, store);
    return "allowed";
  } catch (error) {
    return (error as Error).name;
  }
}

const pairs = ORDER.flatMap((outer, outerIndex) =>
  ORDER.map((inner, innerIndex) => ({
    outer,
    inner,
    isAllowed: outerIndex < innerIndex || (outer === inner && outer === "attachments"),
  })),
);

describe.each(pairs)("$outer over $inner", ({ outer, inner, isAllowed }) => {
  it.each([
    ["directly", (store: ThreadStore) => layer(inner, store)],
    [
      "below another layer, in a view",
      (store: ThreadStore) => layer("audit", layer(inner, store)).namespace("x"),
    ],
  ])(`is ${isAllowed ? "allowed" : "a TypeError"} %s`, (_description, decorate) => {
    const store = decorate(memoryStore());
    expect(outcomeOf(outer, store)).toBe(isAllowed ? "allowed" : "TypeError");
  });
});

it("the error names both layers and the order", () => {
  expect(() => checkLayers("encryption", layer("compression", memoryStore()))).toThrow(
    "`withEncryption` must be inside of `withCompression`. Call the functions in this order, without those that you do not use: withHiddenIds(withHistory(withAttachments(withCompression(withEncryption(store))))).",
  );
  expect(() => checkLayers("history", layer("history", memoryStore()))).toThrow(
    "The store already has history. Call `withHistory` once.",
  );
});

it("ignores whatever does not describe itself", () => {
  for (const store of [undefined, null, 5, {}, { toJSON: () => ({ store: 5 }) }]) {
    expect(() => checkLayers("encryption", store)).not.toThrow();
  }
});
