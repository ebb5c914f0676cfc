// Layers above a router, which is not a store with one driver: they must know in which of its namespaces they are.
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { copyThreads } from "@threadstore/core/maintenance";
import { staticKeys, withEncryption, withHiddenIds } from "@threadstore/encryption";
import { routerStore } from "@threadstore/router";
import { describe, expect, it } from "vitest";
import { STACKS, stackOn } from "./stacks.ts";

const KEY = "dGVzdHMgb2YgdGhlIGxheWVycyB1c2UgdGhpcyBrZXk=";
const keys = staticKeys({ current: "test", keys: { test: KEY } });

function router(): ThreadStore {
  return routerStore({ stores: { a: memoryStore(), b: memoryStore() } });
}

describe.each(STACKS.map((names) => ({ names, title: names.join(" over ") })))("$title", ({ names }) => {
  it("is the same over a view of a router and in a view of the layers over the router", async () => {
    const inner = router();
    const messages = ["A thread that all layers store.", { image: "QUJD".repeat(100) }];
    await stackOn(names, inner.namespace("acme").namespace("a/b")).save("t", { messages });
    const view = stackOn(names, inner).namespace("acme").namespace("a/b");
    await view.append("t", ["more"]);
    const loaded = await stackOn(names, inner.namespace("acme")).namespace("a/b").load("t");
    expect(loaded?.thread).toEqual({ messages: [...messages, "more"] });
  });
});

it("an encrypted record that was moved to another namespace of a router is corrupt", async () => {
  const inner = router();
  await withEncryption(inner.namespace("ann"), { keys }).save("t", { secret: true });
  const stored = await inner.namespace("ann").load("t");
  await inner.namespace("bob").save("t", stored?.json ?? "", { metadata: stored?.metadata });
  for (const store of [
    withEncryption(inner.namespace("bob"), { keys }),
    withEncryption(inner, { keys }).namespace("bob"),
  ]) {
    await expect(store.load("t")).rejects.toMatchObject({ code: "CORRUPT" });
  }
});

it("hidden ids are the same in views of a router, and differ between its namespaces", async () => {
  const inner = router();
  const open = (store: ThreadStore): ThreadStore =>
    withHiddenIds(withEncryption(store, { keys, metadata: "sealed" }), { key: KEY });
  await open(inner.namespace("ann")).save("t", {});
  expect(await open(inner).namespace("ann").load("t")).toBeDefined();
  await open(inner).namespace("bob").save("t", {});
  const hidden = async (name: string): Promise<string | undefined> =>
    (await inner.namespace(name).listPage()).threads[0]?.id;
  expect(await hidden("ann")).not.toBe(await hidden("bob"));
});

it("a copy within a router to the same namespace or one in it is rejected, with and without layers", async () => {
  const inner = router();
  await inner.namespace("ann").save("t", {});
  for (const store of [inner, withEncryption(inner, { keys })]) {
    const target = store.namespace("ann").namespace("copy");
    const rejection = { code: "INVALID_ARGUMENT", message: /must not be `from`/u };
    await expect(copyThreads(store.namespace("ann"), store.namespace("ann"))).rejects.toMatchObject(
      rejection,
    );
    await expect(copyThreads(store.namespace("ann"), target)).rejects.toMatchObject(rejection);
  }
  expect(await copyThreads(inner.namespace("ann"), inner.namespace("bob"))).toMatchObject({ copied: 1 });
});
