import { memoryStore, type ThreadStore } from "@threadstore/core";
import { layersOf } from "@threadstore/core/decorator";
import { describe, expect, it } from "vitest";
import { LAYERS, type LayerName, STACKS, stackOn } from "./stacks.ts";

const ORDER = Object.keys(LAYERS) as LayerName[];

/** Which layer may be directly or indirectly over which one. */
const ALLOWED: Record<LayerName, readonly LayerName[]> = {
  history: ["attachments", "compression", "encryption"],
  attachments: ["attachments", "compression", "encryption"],
  compression: ["encryption"],
  encryption: [],
};

const pairs = ORDER.flatMap((outer) => ORDER.map((inner) => ({ outer, inner })));
const allowed = pairs.filter(({ outer, inner }) => ALLOWED[outer].includes(inner));
const refused = pairs.filter(({ outer, inner }) => !ALLOWED[outer].includes(inner));

const MESSAGES = ["A thread that all layers store.", { image: "QUJD".repeat(100) }];

async function expectToWork(store: ThreadStore): Promise<void> {
  const saved = await store.save("a", { messages: MESSAGES });
  await store.append("a", ["more"]);
  expect((await store.load("a"))?.thread).toEqual({ messages: [...MESSAGES, "more"] });
  await expect(store.save("a", {}, { previous: saved })).rejects.toMatchObject({ code: "CONFLICT" });
}

describe("an order that is documented", () => {
  it.each(allowed)("works: $outer over $inner", async ({ outer, inner }) => {
    await expectToWork(stackOn([outer, inner], memoryStore()));
  });

  it.each(STACKS.map((names) => ({ names, title: names.join(" over ") })))(
    "works: $title",
    async ({ names }) => {
      const store = stackOn(names, memoryStore());
      expect(layersOf(store)).toEqual([...names, "memory"]);
      await expectToWork(store);
      await expectToWork(store.namespace("x"));
    },
  );
});

describe("any other order is a TypeError at construction that names the right one", () => {
  it.each(refused)("$outer over $inner", ({ outer, inner }) => {
    const stores: ThreadStore[] = [
      stackOn([inner], memoryStore()),
      stackOn([inner], memoryStore()).namespace("x"),
    ];
    // Also if another layer is between them.
    const between = ORDER.filter((name) => ALLOWED[name].includes(inner) && name !== outer);
    stores.push(...between.map((name) => stackOn([name, inner], memoryStore())));
    for (const store of stores) {
      expect(() => LAYERS[outer](store, {})).toThrow(
        expect.objectContaining({ name: "TypeError", message: expect.stringMatching(/with[A-Z]/u) }),
      );
    }
  });
});
