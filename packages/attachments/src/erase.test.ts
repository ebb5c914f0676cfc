import { expect, it } from "vitest";
import { base64, memoryBackend } from "./backend.test-helper.ts";

const image = base64();

it("an erase deletes attachments and orphans, and counts threads", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  for (const name of ["a", "b"]) {
    await store.namespace(name).save("with attachment", { image });
    await store.namespace(name).save("without", {});
  }
  await store.namespace("a").save("orphaned", { image });
  backend.records.get("a")?.delete("orphaned");
  expect((await store.namespaces()).namespaces).toEqual(["a", "b"]);
  expect((await store.namespace("a").namespaces()).namespaces).toEqual([]);
  const receipt = await store.namespace("a").erase();
  expect(receipt).toMatchObject({ threads: 2, cursor: undefined });
  expect(receipt.bytes).toBeGreaterThan(2 * image.length);
  const remaining = [...backend.records].flatMap(([name, records]) => (records.size > 0 ? name : []));
  expect(remaining.toSorted()).toEqual(["b", "b/.attachments"]);
  expect((await store.namespace("b").load("with attachment"))?.thread).toEqual({ image });
});
