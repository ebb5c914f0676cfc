// Frees the space of expired threads in a store and in all its namespaces: node examples/retention.ts
// Run it daily, for example from cron. It may run in several processes at once, and may be interrupted at any time.
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";

async function deleteExpired(store: ThreadStore): Promise<number> {
  let total = 0;
  let cursor: string | undefined;
  do {
    const result = await store.deleteExpired({ cursor });
    total += result.deleted;
    ({ cursor } = result);
  } while (cursor !== undefined);
  for await (const name of namespaces(store)) total += await deleteExpired(store.namespace(name));
  return total;
}

async function* namespaces(store: ThreadStore): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ cursor });
    yield* page.namespaces;
    ({ cursor } = page);
  } while (cursor !== undefined);
}

await using store = sqliteStore({ path: "threads.db", ttlMs: 30 * 24 * 3_600_000 });
console.log(`Deleted ${await deleteExpired(store)} expired threads.`);
