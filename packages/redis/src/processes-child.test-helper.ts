// The program of the child processes of processes.test.ts. It reports "ready" and starts at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { redisStore } from "./redis-store.ts";

const [url = "", prefix = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

const go = once(process, "message");
await report("ready");
await go;
process.disconnect();

// Increments the number in the thread 50 times while the other process does the same.
const store = redisStore({ url, prefix });
for (let increments = 0; increments < 50; increments++) {
  await store.update("counter", (current) => ({ n: Number(current?.thread["n"] ?? 0) + 1 }), {
    maxAttempts: 1000,
  });
}
await store.close();
