// The features of a store, shown with the in-memory store: node examples/tour.ts
import { memoryStore, ThreadStoreError } from "@threadstore/core";

const store = memoryStore();

// To replace a version, pass it as `previous`. Without it, a save can only create.
const first = await store.save("t1", { messages: [] });
const second = await store.save("t1", { messages: ["hello"] }, { previous: first });

// A client that still holds the first version gets a CONFLICT, and nothing is lost.
await store.save("t1", { messages: ["lost?"] }, { previous: first }).catch((error: unknown) => {
  if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  console.log("the thread is at", error.currentVersion === second.version ? "the second version" : "another");
});

// Load, change and save, with retries if another client saves first.
await store.update("t1", (current) => ({ ...current?.thread, topic: "pirates" }));

// Metadata for listings, a TTL of 30 days, and a namespace for each tenant.
const tenant = store.namespace("tenant-42");
const metadata = { title: "Pirates", owner: "ann" };
await tenant.save("t1", { messages: [] }, { metadata, ttlMs: 30 * 24 * 3_600_000 });

// The sidebar of a chat: the latest threads of a user. Pass `cursor` for the next page.
const page = await tenant.listPage({ order: "updated", where: { owner: "ann" }, metadata: true, limit: 20 });
for (const thread of page.threads) console.log(thread.id, thread.metadata?.["title"], thread.updatedAt);

// Over HTTP, send the version as the ETag and accept If-Match as `previous`.
const { version } = (await store.load("t1")) ?? second;
console.log(await store.delete("t1", { previous: version }));

await store.close();
