import { once } from "node:events";
import type { JsonValue, ThreadStore } from "@threadstore/core";
import { describeError } from "../../suite/expectations.ts";
import type { PeerModule } from "../../suite/harness.ts";
import type { Job, WriterMessage, WriterOrders } from "./messages.ts";
import { work } from "./work.ts";

// The main module of a process that writes to a place until it is killed, or told to end.

const [module = "", place = "", parameters = "null", job = "{}"] = process.argv.slice(2);

/** Whoever started this process is gone. */
function leave(): void {
  process.exit();
}

/** Lets the process end by itself, if nothing keeps it. */
function letEnd(): void {
  process.off("disconnect", leave);
  process.disconnect();
}

/**
 * Resolves when the message is with the kernel, which hands it on whatever happens to this process, and after a turn of
 * the event loop: a store whose calls are synchronous would otherwise leave no room for a signal.
 */
function tell(message: WriterMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => setImmediate(resolve));
  });
}

async function load(): Promise<() => Promise<ThreadStore>> {
  const peer = (await import(module)) as PeerModule;
  return async () => peer.openPeer(place, JSON.parse(parameters) as JsonValue);
}

async function ordersOnceReady(): Promise<WriterOrders> {
  const ordered = once(process, "message") as Promise<[WriterOrders]>;
  await tell({ type: "ready" });
  const [orders] = await ordered;
  return orders;
}

async function opened(open: () => Promise<ThreadStore>): Promise<ThreadStore | undefined> {
  try {
    return await open();
  } catch (error) {
    await tell({ type: "failed", doing: "opening the store", error: describeError(error) });
    return undefined;
  }
}

/** What was made before the close is told of, too, before the process may end. */
async function closeWell(store: ThreadStore, working: Promise<void>): Promise<void> {
  try {
    await store.close();
    await tell({ type: "closed" });
  } catch (error) {
    await tell({ type: "failed", doing: "close", error: describeError(error) });
  }
  await working;
  letEnd();
}

async function run(what: Job): Promise<void> {
  if (what.type === "trace") {
    const { trace } = await import("./tracing.ts");
    await tell({ type: "traced", events: await trace(what, load, ordersOnceReady) });
    letEnd();
    return;
  }
  const open = await load();
  const orders = await ordersOnceReady();
  const store = await opened(open);
  if (store === undefined) return;
  const working = work(store, orders, tell);
  if (what.type === "work until told to end") process.once("SIGTERM", () => void closeWell(store, working));
  await working;
}

process.once("disconnect", leave);
await run(JSON.parse(job) as Job);
