// The child process of processes.test.ts. Appends events to the session until it is done or killed, and reports each.
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { ThreadStoreSessionService } from "./index.ts";
import { newEvent } from "./model.test-helper.ts";

/** The work of a writer. */
export interface WriterTask {
  readonly location: StoreLocation;
  readonly name: string;
  readonly events: number;
}

export const NAMES = { appName: "app", userId: "ann", sessionId: "talk" } as const;

async function report(message: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function write({ location, name, events }: WriterTask): Promise<void> {
  await using store = await openStore(location);
  const service = new ThreadStoreSessionService({ store });
  const session = await service.getOrCreateSession(NAMES);
  for (let index = 0; index < events; index += 1) {
    const delta = { [name]: index, [`app:${name}`]: index, [`user:${name}`]: index };
    await service.appendEvent({ session, event: newEvent(`${name} ${index}`, delta, "x".repeat(300)) });
    await report(String(index));
  }
}

const [task] = process.argv.slice(2);
if (task?.startsWith("{") === true) {
  await write(JSON.parse(task) as WriterTask);
  process.disconnect();
}
