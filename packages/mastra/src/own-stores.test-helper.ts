import { InMemoryStore, type MastraCompositeStore, type MemoryStorage } from "@mastra/core/storage";
import { LibSQLStore } from "@mastra/libsql";
import { COPIES } from "./kit/copies.test-helper.ts";
import { LISTINGS } from "./kit/listings.test-helper.ts";
import { MESSAGES } from "./kit/messages.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { THREADS } from "./kit/threads.test-helper.ts";

async function memoryOf(store: MastraCompositeStore): Promise<MemoryStorage> {
  await store.init();
  const memory = await store.getStore("memory");
  if (memory === undefined) throw new Error("The store has no memory.");
  return memory;
}

export async function inMemoryClients(): Promise<MemoryStorage[]> {
  return [await memoryOf(new InMemoryStore())];
}

/** Returns three clients of one file. */
export async function libSqlClients(path: string): Promise<MemoryStorage[]> {
  const clients: MemoryStorage[] = [];
  for (const id of ["1", "2", "3"])
    clients.push(await memoryOf(new LibSQLStore({ id, url: `file:${path}` })));
  return clients;
}

/** Resolves with the checks that the clients of a store do not pass, with the first line of each failure. */
export async function failedChecks(clients: readonly MemoryStorage[]): Promise<Map<string, string>> {
  const [memory] = clients;
  if (memory === undefined) throw new Error("Pass at least one client.");
  const failures = new Map<string, string>();
  for (const { name, run } of [...THREADS, ...MESSAGES, ...LISTINGS, ...COPIES, ...RACES]) {
    let opened = 0;
    const open = () => clients[(opened += 1) % clients.length] ?? memory;
    try {
      await run({ memory, open });
    } catch (error) {
      failures.set(name, String(error).split("\n")[0] ?? "");
    }
  }
  return failures;
}
