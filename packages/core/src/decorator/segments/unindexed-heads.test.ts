import { expect, it } from "vitest";
import { createThreadStore } from "../../create-thread-store.ts";
import { memoryDriver } from "../../memory-store.ts";
import type { ThreadMetadata, ThreadStore } from "../../thread-store.ts";
import { numberedStore } from "./numbered-format.test-helper.ts";

/** Returns a store, and the metadata that it gave the driver to index, in order. */
function observed(): { store: ThreadStore; indexed: (ThreadMetadata | undefined)[] } {
  const driver = memoryDriver();
  const indexed: (ThreadMetadata | undefined)[] = [];
  const store = createThreadStore({
    ...driver,
    write(key, record, ...others) {
      indexed.push(record.changedMetadata);
      return driver.write(key, record, ...others);
    },
    patch(key, patch, ...others) {
      indexed.push(patch.changedMetadata);
      return driver.patch(key, patch, ...others);
    },
  });
  return { store, indexed };
}

it("backends index the metadata of callers, and no heads of logs, which change with each save", async () => {
  const { store: inner, indexed } = observed();
  const store = numberedStore(inner);
  const metadata = { owner: "ann", ".numbered": "theirs" };
  const first = await store.save("a", { messages: [1] }, { metadata });
  await store.save("a", { messages: [1, 2] }, { previous: first });
  await store.append("a", [3]);
  await store.touch("a", { metadata: { owner: "bob" } });
  await store.append("b", [1], { create: { messages: [] }, metadata });
  const stored = { owner: "ann", ".numbered~": "theirs" };
  expect(indexed).toEqual([stored, undefined, undefined, { owner: "bob" }, stored]);
  expect((await inner.load("a"))?.metadata[".numbered"]).toBeDefined();
});

it("a store without layers indexes all metadata, also after a layer has written them", async () => {
  const { store: inner, indexed } = observed();
  await numberedStore(inner).save("a", { messages: [] }, { metadata: { owner: "ann" } });
  await inner.save("b", { messages: [] }, { metadata: { ".numbered": "theirs" } });
  expect(indexed).toEqual([{ owner: "ann" }, { ".numbered": "theirs" }]);
});
