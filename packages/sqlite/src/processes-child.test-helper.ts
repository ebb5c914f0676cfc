// The child process of processes.test.ts. It reports "ready" and starts its task at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, record } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };
const [taskName = "", path = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Adds 25 to the number in the thread, one at a time, while other processes do the same. */
async function increment(): Promise<void> {
  const driver = sqliteDriver({ path });
  for (let added = 0; added < 25;) {
    const storedRecord = await driver.read(KEY, undefined, options);
    const count = Number.parseInt(Buffer.from(storedRecord?.bytes ?? []).toString() || "0", 10);
    const next = record(`${count + 1}`);
    if ((await driver.write(KEY, next, storedRecord?.version, options)) !== undefined) added += 1;
  }
  await driver.close();
}

/** Saves a thread named after this process, in a file that may not exist yet. */
async function create(): Promise<void> {
  const store = sqliteStore({ path });
  await store.save(String(process.pid), { saved: true });
  await store.close();
}

/** Alternates between two records of different lengths until the parent disconnects. */
async function alternate(): Promise<void> {
  const driver = sqliteDriver({ path });
  let version = (await driver.read(KEY, undefined, options))?.version;
  process.once("disconnect", () => process.exit());
  for (let round = 0; ; round++) {
    const next = round % 2 === 0 ? record("a".repeat(200_000), "a") : record("b".repeat(100_000), "b");
    version = await driver.write(KEY, next, version, options);
    await new Promise(setImmediate);
  }
}

const TASKS: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["increment", increment],
  ["create", create],
  ["alternate", alternate],
]);

const task = TASKS.get(taskName);
if (task === undefined) throw new Error(`Unknown task: ${taskName}.`);
const go = once(process, "message");
await report("ready");
await go;
if (taskName === "increment" || taskName === "create") process.disconnect();
await task();
