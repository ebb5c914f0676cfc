// What processes.test.ts runs in processes of their own. It says "ready" and begins at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, record } from "./tools.test-helper.ts";

const key = { namespace: "", id: "thread" };
const [task = "", path = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Adds 25 to the number in the thread, one at a time, whoever else does. */
async function increment(): Promise<void> {
  const driver = sqliteDriver({ path });
  for (let added = 0; added < 25;) {
    const found = await driver.read(key, undefined, options);
    const count = Number.parseInt(Buffer.from(found?.bytes ?? []).toString() || "0", 10);
    if ((await driver.write(key, record(`${count + 1}`), found?.version, options)) !== undefined) added += 1;
  }
  await driver.close();
}

/** Saves a thread of this process's own in a file that may not be there yet. */
async function create(): Promise<void> {
  const store = sqliteStore({ path });
  await store.save(String(process.pid), { saved: true });
  await store.close();
}

/** Alternates between two threads of different lengths, until the parent is gone. */
async function alternate(): Promise<void> {
  const driver = sqliteDriver({ path });
  let version = (await driver.read(key, undefined, options))?.version;
  process.once("disconnect", () => process.exit());
  for (let turn = 0; ; turn++) {
    const next = turn % 2 === 0 ? record("a".repeat(200_000), "a") : record("b".repeat(100_000), "b");
    version = await driver.write(key, next, version, options);
    await new Promise(setImmediate);
  }
}

const tasks: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["increment", increment],
  ["create", create],
  ["alternate", alternate],
]);

const work = tasks.get(task);
if (work === undefined) throw new Error(`No task ${task}.`);
const go = once(process, "message");
await report("ready");
await go;
if (task === "increment" || task === "create") process.disconnect();
await work();
