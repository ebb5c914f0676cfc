// The program of the child processes of processes.test.ts. It reports "ready" and starts at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { postgresStore } from "./postgres-store.ts";

const [url = "", tablePrefix = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

const go = once(process, "message");
await report("ready");
await go;
process.disconnect();

// The first call creates the tables, as those of the other processes do at the same time.
const store = postgresStore({ url, tablePrefix });
for (let increments = 0; increments < 20; increments++) {
  await store.update("counter", (current) => ({ n: Number(current?.thread["n"] ?? 0) + 1 }), {
    maxAttempts: 1000,
  });
}
await store.close();
