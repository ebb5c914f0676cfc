// Appends deliveries of a webhook to a log, without loading it: node examples/append.ts. Run it twice.
import { sqliteStore } from "@threadstore/sqlite";

await using store = sqliteStore({ path: "threads.db" });

// The sender may repeat a delivery, to this process or another.
const deliveries = [
  { id: "delivery-1", text: "order placed" },
  { id: "delivery-2", text: "order shipped" },
  { id: "delivery-1", text: "order placed" },
];
const create = { kind: "log", messages: [] };
for (const { id, text } of deliveries) {
  const { appended, size } = await store.append("orders", [{ text }], { key: id, create });
  console.log(id, appended ? "appended" : "was a repetition", size);
}

// Rename the thread and extend its life, without sending it.
await store.touch("orders", { metadata: { title: "Orders" }, ttlMs: 90 * 24 * 3_600_000 });
