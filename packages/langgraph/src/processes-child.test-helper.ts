// The child process of processes.test.ts. It reports "ready", and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { sqliteStore } from "@threadstore/sqlite";
import { shareThread, turnGraph } from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./index.ts";

const [task = "", path = "", name = ""] = process.argv.slice(2);
const store = sqliteStore({ path });
const checkpointer = new ThreadStoreSaver({ store, singleWriter: task === "share" });
const config = { configurable: { thread_id: "one" } };
const graph = turnGraph(checkpointer);

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Runs turns until it is killed, and reports the number of lines after each. */
async function grow(): Promise<void> {
  for (;;) {
    const { lines = [] } = await graph.invoke({ lines: ["input"] }, config);
    await report(String(lines.length));
  }
}

const go = once(process, "message");
await report("ready");
await go;
await (task === "share" ? shareThread(graph, name) : grow());
await store.close();
process.disconnect();
