import { once } from "node:events";
import type { JsonValue, ThreadStore } from "@threadstore/core";
import { describeError } from "../../suite/expectations.ts";
import { importStoreModule } from "../child-process/store-module.ts";
import type { Job, StartMessage, WriterMessage } from "./messages.ts";
import { work } from "./work.ts";

// Main module of a process that writes to a location until it is killed or told to stop.

const [module = "", location = "", parameters = "null", job = "{}"] = process.argv.slice(2);

/** Exits because the parent process is gone. */
function leave(): void {
  process.exit();
}

/** Lets the process end by itself, unless something still keeps it alive. */
function allowExit(): void {
  process.off("disconnect", leave);
  process.disconnect();
}

/**
 * Sends a message to the parent. Resolves once the kernel has the message, which then arrives whatever happens to this
 * process, and yields to the event loop: a store with synchronous file I/O would leave no other opportunity to handle a
 * signal.
 */
function send(message: WriterMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => setImmediate(resolve));
  });
}

async function loadStoreModule(): Promise<() => Promise<ThreadStore>> {
  const childModule = await importStoreModule(module);
  return async () => childModule.openStore(location, JSON.parse(parameters) as JsonValue);
}

async function waitForStart(): Promise<StartMessage> {
  const received = once(process, "message") as Promise<[StartMessage]>;
  await send({ type: "ready" });
  const [message] = await received;
  return message;
}

async function tryOpen(open: () => Promise<ThreadStore>): Promise<ThreadStore | undefined> {
  try {
    return await open();
  } catch (error) {
    await send({ type: "failed", operation: "opening the store", error: describeError(error) });
    return undefined;
  }
}

/** Closes the store. Lets the process end only after every earlier step has been reported. */
async function closeAndExit(store: ThreadStore, working: Promise<void>): Promise<void> {
  try {
    await store.close();
    await send({ type: "closed" });
  } catch (error) {
    await send({ type: "failed", operation: "close", error: describeError(error) });
  }
  await working;
  allowExit();
}

async function run(task: Job): Promise<void> {
  if (task.type === "trace") {
    const { trace } = await import("./tracing.ts");
    await send({ type: "traced", events: await trace(task, loadStoreModule, waitForStart) });
    allowExit();
    return;
  }
  const open = await loadStoreModule();
  const startMessage = await waitForStart();
  const store = await tryOpen(open);
  if (store === undefined) return;
  const working = work(store, startMessage, send);
  if (task.type === "work until SIGTERM") process.once("SIGTERM", () => void closeAndExit(store, working));
  await working;
}

process.once("disconnect", leave);
await run(JSON.parse(job) as Job);
