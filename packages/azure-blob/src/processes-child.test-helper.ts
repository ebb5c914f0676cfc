// The child process of processes.test.ts. It reports "ready" and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { ContainerClient } from "@azure/storage-blob";
import { azureBlobStore } from "./index.ts";

const [connectionString = "", containerName = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

const go = once(process, "message");
await report("ready");
await go;
process.disconnect();

// Increments the counter 50 times while other processes do the same.
const store = azureBlobStore({ container: new ContainerClient(connectionString, containerName) });
for (let added = 0; added < 50; added += 1) {
  await store.update("counter", (current) => ({ n: Number(current?.thread["n"] ?? 0) + 1 }), {
    maxAttempts: 1000,
  });
}
await store.close();
