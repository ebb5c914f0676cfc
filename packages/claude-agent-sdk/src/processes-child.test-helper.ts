// The child process of processes.test.ts, and its worker thread. Appends batches to the session until it is done or
// killed, and reports each one.
import { isMainThread } from "node:worker_threads";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { claudeSessionStore } from "./index.ts";

/** The work of a writer. */
export interface WriterTask {
  readonly location: StoreLocation;
  readonly name: string;
  readonly batches: number;
  readonly segmentBytes: number;
}

export const KEY = { projectKey: "-work-app", sessionId: "6f0e8a52-3c2b-4c0a-9d4e-6a3c1b2d4e5f" } as const;

/** The batch number `index` of a writer. The same in every process, so that another one can repeat it. */
export function batchOf(name: string, index: number): { type: string; uuid?: string; text: string }[] {
  const uuid = (part: string) => ({
    type: "user",
    uuid: `${name}-${index}-${part}`,
    text: `${name} ${index} ${"x".repeat(300)}`,
  });
  return [uuid("a"), { type: "mode", text: `${name} ${index}` }, uuid("b")];
}

async function report(message: string): Promise<void> {
  // The test waits for the exit of a worker thread, and for each message of a process.
  if (!isMainThread) return;
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

export async function write({ location, name, batches, segmentBytes }: WriterTask): Promise<void> {
  await using store = await openStore(location);
  const sessions = claudeSessionStore({ store, segmentBytes });
  for (let index = 0; index < batches; index += 1) {
    await sessions.append(KEY, batchOf(name, index));
    await report(String(index));
  }
}

const [task] = process.argv.slice(2);
if (task?.startsWith("{") === true) {
  await write(JSON.parse(task) as WriterTask);
  if (isMainThread) process.disconnect();
}
