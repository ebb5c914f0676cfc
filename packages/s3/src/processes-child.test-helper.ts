// The child process of processes.test.ts. It makes one call per message.
import { s3Store, type S3StoreOptions } from "./s3-store.ts";

const store = s3Store(JSON.parse(process.argv[2] ?? "{}") as S3StoreOptions);

/** Increments a counter while other processes do the same. */
async function increment(id: string, times: number): Promise<void> {
  for (let done = 0; done < times; done += 1) {
    await store.update(id, (current) => ({ count: Number(current?.thread["count"] ?? 0) + 1 }));
  }
}

/** Saves a version that other processes replace too, and resolves with "won" or the code of the error. */
async function race(id: string, version: string): Promise<string> {
  try {
    await store.save(id, { by: process.pid }, { previous: version });
    return "won";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

type Task = ["increment", string, number] | ["race", string, string] | ["close"];

async function work(task: Task): Promise<unknown> {
  if (task[0] === "increment") return increment(task[1], task[2]);
  if (task[0] === "race") return race(task[1], task[2]);
  await store.close();
  process.disconnect();
  return undefined;
}

process.on("message", (task) => {
  void work(task as Task).then((result) => process.connected && process.send?.({ result }));
});
