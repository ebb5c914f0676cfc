// The features of a store, shown with the in-memory store: node examples/tour.ts
import { memoryStore, ThreadStoreError } from "@threadstore/core";

const store = memoryStore();

// To replace a version, pass it as `previous`. Without it, a save can only create.
const first = await store.save("draft", { messages: [] });
const second = await store.save("draft", { messages: ["hello"] }, { previous: first });

// A client that still holds the first version gets a CONFLICT, and nothing is lost.
await store.save("draft", { messages: ["lost?"] }, { previous: first }).catch((error: unknown) => {
  if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  console.log("the thread is at", error.currentVersion === second.version ? "the second version" : "another");
});

// Load, change and save, with retries if another client saves first.
await store.update("draft", (current) => ({ ...current?.thread, topic: "pirates" }));

// Metadata for listings, a TTL of 30 days, and a namespace for each tenant.
const tenant = store.namespace("tenant-42");
const metadata = { title: "Pirates", owner: "ann" };
await tenant.save("pirates", { messages: [] }, { metadata, ttlMs: 30 * 24 * 3_600_000 });

// The sidebar of a chat: the latest threads of a user. Pass `cursor` for the next page.
const page = await tenant.listPage({ order: "updated", where: { owner: "ann" }, metadata: true, limit: 20 });
for (const thread of page.threads) console.log(thread.id, thread.metadata?.["title"], thread.updatedAt);

// Over HTTP, send the version as the ETag and accept If-Match as `previous`.
const current = await tenant.load("pirates");
console.log(await tenant.delete("pirates", { previous: current }));

await store.close();
