// The child process of processes.test.ts. Saves messages to the thread until it is done or killed, and reports each.
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { ThreadStoreMemory } from "./index.ts";
import { newMessage, newThread } from "./kit/check.test-helper.ts";

/** The work of a writer. */
export interface WriterTask {
  readonly location: StoreLocation;
  readonly name: string;
  readonly messages: number;
}

export const THREAD: ReturnType<typeof newThread> = newThread({ id: "talk", resourceId: "ann" });

/** Saves messages, and changes the metadata of the thread after each. */
export async function write(
  memory: ThreadStoreMemory,
  { name, messages }: Pick<WriterTask, "messages" | "name">,
  report?: (message: string) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < messages; index += 1) {
    await memory.saveMessages({ messages: [newMessage(THREAD, index, { id: `${name} ${index}` })] });
    await memory.updateThread({ id: THREAD.id, metadata: { [name]: index } });
    await report?.(String(index));
  }
}

async function reportToParent(message: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function run({ location, ...task }: WriterTask): Promise<void> {
  await using store = await openStore(location);
  const memory = new ThreadStoreMemory({ store });
  await memory.saveThread({ thread: THREAD });
  await write(memory, task, reportToParent);
}

const [task] = process.argv.slice(2);
if (task?.startsWith("{") === true) {
  await run(JSON.parse(task) as WriterTask);
  process.disconnect();
}
