// The child process of processes.test.ts. It reports "ready" and starts its task at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { ThreadStoreError } from "@threadstore/core";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, record } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };
const [taskName = "", path = ""] = process.argv.slice(2);

async function send(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

async function untilGo(): Promise<void> {
  const go = once(process, "message");
  await send("ready");
  await go;
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

/** Loads a thread, like a short program that looks at the store. */
async function load(): Promise<void> {
  const store = sqliteStore({ path });
  await store.load(KEY.id);
  await store.close();
}

/** Writes the code of the error with which a load fails. */
async function report(): Promise<void> {
  const store = sqliteStore({ path, maxRetries: 0 });
  const outcome = await store.load(KEY.id).catch((error: unknown) => error);
  process.stdout.write(`${ThreadStoreError.is(outcome) ? outcome.code : "loaded"}\n`);
  process.exit();
}

/** Erases everything, sends each progress report to the parent, and continues when that has arrived. */
async function erase(): Promise<void> {
  const store = sqliteStore({ path });
  await store.erase({ onProgress: (progress) => send(JSON.stringify(progress)) });
  await send("finished");
  process.exit();
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

/** Alternates between two threads of 5 MB, which are stored in several transactions, until it is killed. */
async function rewrite(): Promise<void> {
  const store = sqliteStore({ path, synchronous: "normal" });
  let previous = await store.load("large");
  for (let round = 0; ; round++) {
    const text = (round % 2 === 0 ? "a" : "b").repeat(5_000_000);
    previous = await store.save("large", JSON.stringify({ text }), { previous });
  }
}

const TASKS: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["increment", increment],
  ["create", create],
  ["load", load],
  ["erase", erase],
  ["report", report],
  ["alternate", alternate],
  ["rewrite", rewrite],
]);

const task = TASKS.get(taskName);
if (task === undefined) throw new Error(`Unknown task: ${taskName}.`);
if (taskName !== "report") await untilGo();
if (process.connected && !["alternate", "erase", "rewrite"].includes(taskName)) process.disconnect();
await task();
