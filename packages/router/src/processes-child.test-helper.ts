// Runs in the child processes of processes.test.ts. Reports "ready" and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { sqliteAt } from "@threadstore/test-stores/locations";
import { moveNamespace } from "./moves/move-namespace.ts";
import type { MoveResult } from "./moves/move-options.ts";
import { routerStore } from "./router-store.ts";

const [task = "", folder = "", argument = ""] = process.argv.slice(2);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

function store(name: string): ThreadStore {
  return createThreadStore(sqliteAt(folder, name));
}

function open(): ThreadStore {
  return routerStore({
    stores: { a: store("a"), b: store("b") },
    placement: store("placement"),
    pins: { acme: "a" },
    leaseMs: 150,
  });
}

/** Appends, counts, and creates and deletes a thread until the parent disconnects. */
async function write(): Promise<void> {
  const view = open().namespace("acme");
  const stopped = new AbortController();
  process.once("disconnect", () => stopped.abort());
  process.once("message", () => stopped.abort());
  for (let n = 0; !stopped.signal.aborted; n += 1) {
    const element = `${argument}-${n}`;
    await report(`begin ${element}`);
    const outcome = await outcomeOf(view.append("log", [element], { create: { log: [] } }));
    await report(`${outcome} ${element}`);
    await report(`begin +`);
    const counted = view.update("count", (current) => ({ count: Number(current?.thread["count"] ?? 0) + 1 }));
    await report(`${await outcomeOf(counted)} +`);
    const log = ((await view.load("log"))?.thread["log"] ?? []) as string[];
    await report(`read ${log.includes(element) || outcome !== "done" ? "yes" : `no ${element}`}`);
  }
  await report("end");
  process.disconnect();
}

async function outcomeOf(call: Promise<unknown>): Promise<"done" | "unknown"> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) return "unknown";
    throw error;
  }
}

/** Moves the namespace. On a busy machine, a claim this short may expire, and the move has to be started again. */
async function moveAtLast(): Promise<MoveResult> {
  for (;;) {
    try {
      return await moveNamespace(open(), "acme", argument, {
        claimMs: 1000,
        onProgress: async ({ phase }) => report(phase),
      });
    } catch (error) {
      if (!ThreadStoreError.is(error, "UNAVAILABLE")) throw error;
    }
  }
}

async function move(): Promise<void> {
  const result = await moveAtLast();
  await report(`moved ${JSON.stringify(result)}`);
  process.disconnect();
}

const work = new Map([
  ["write", write],
  ["move", move],
]).get(task);
if (work === undefined) throw new Error(`Unknown task ${task}.`);
const go = once(process, "message");
await report("ready");
await go;
await work();
