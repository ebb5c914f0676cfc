// Runs in the child processes of processes.test.ts: saves versions of a thread until it is killed. Reports "ready", starts
// when the parent sends "go", and then reports each save before it starts and after it has ended.
import { once } from "node:events";
import { promisify } from "node:util";
import { sqliteStore } from "@threadstore/sqlite";
import { textOf } from "./processes.test-helper.ts";
import { withHistory } from "./with-history.ts";

const [path = "", first = "", versions = ""] = process.argv.slice(2);

async function report(message: object | string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: object | string, sent: () => void) => void)(message);
}

const store = withHistory(sqliteStore({ path, synchronous: "normal" }), {
  keep: { versions: Number(versions) },
});
const go = once(process, "message");
await report("ready");
await go;
let previous = await store.load("a");
for (let n = Number(first); ; n += 1) {
  await report({ begin: n });
  previous = await store.save("a", textOf(n), { previous });
  await report({ done: n, version: previous.version });
}
