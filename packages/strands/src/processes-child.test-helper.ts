// The child process of processes.test.ts. Replaces a value until it is killed, and reports each write. It does not load
// the SDK, of which the package only uses types.
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { strandsStorage } from "./index.ts";

export const KEY = "session/talk/scopes/agent/helper/snapshots/snapshot_latest.json";

/** The snapshot number `count`: longer than one block of any backend. */
export function snapshotOf(count: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ count, text: String(count).repeat(20_000), end: count }));
}

async function report(message: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

const [location] = process.argv.slice(2);
if (location?.startsWith("{") === true) {
  await using store = await openStore(JSON.parse(location) as StoreLocation);
  const storage = strandsStorage({ store });
  await storage.read(KEY);
  for (let count = 0; ; count += 1) {
    await storage.write(KEY, snapshotOf(count));
    await report(String(count));
  }
}
