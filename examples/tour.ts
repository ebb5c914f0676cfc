// What a store does, on the one in memory: node examples/tour.ts
import { memoryStore, ThreadStoreError } from "@threadstore/core";

const store = memoryStore();

// What you saw is what you replace; what you never saw you can only create.
const first = await store.save("t1", { messages: [] });
const second = await store.save("t1", { messages: ["hello"] }, { previous: first });

// Somebody who still holds the first version is told, and nothing is lost.
await store.save("t1", { messages: ["lost?"] }, { previous: first }).catch((error: unknown) => {
  if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  console.log("the thread is at", error.currentVersion === second.version ? "the second version" : "another");
});

// Load, change, save, and again if another writer was faster.
await store.update("t1", (current) => ({ ...current?.thread, topic: "pirates" }));

// A title for the list, a life of 30 days from the last save, a tenant of its own.
const tenant = store.namespace("tenant-42");
await tenant.save("t1", { messages: [] }, { metadata: { title: "Pirates" }, ttlMs: 30 * 24 * 3_600_000 });
for await (const { id, version, updatedAt, metadata } of tenant.list({ metadata: true })) {
  console.log(id, metadata?.["title"], version.length > 0, updatedAt instanceof Date);
}

// A web service sends the version as its ETag, and takes If-Match as previous.
const { version } = (await store.load("t1")) ?? second;
console.log(await store.delete("t1", { previous: version }));

await store.close();
