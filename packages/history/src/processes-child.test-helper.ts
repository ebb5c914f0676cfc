// Runs in the child processes of processes.test.ts, until it is killed. Reports each change before and after it.
import { sqliteStore } from "@threadstore/sqlite";
import { report, untilStarted } from "@threadstore/test-stores/child";
import { originOf, textOf } from "./processes.test-helper.ts";
import { withHistory } from "./with-history.ts";

const [task = "", path = "", first = "", versions = ""] = process.argv.slice(2);
const store = withHistory(sqliteStore({ path, synchronous: "normal" }), {
  keep: { versions: Number(versions) },
});

/** Saves versions of a thread. */
async function save(): Promise<void> {
  let previous = await store.load("a");
  for (let n = Number(first); ; n += 1) {
    await report({ begin: n });
    previous = await store.save("a", textOf(n), { previous });
    await report({ done: n, version: previous.version });
  }
}

/** Forks the versions of a thread, and restores one of them now and then. */
async function fork(): Promise<void> {
  for (let n = Number(first); ; n += 1) {
    const kept = await store.versions("a");
    await report({ begin: n });
    if (n % 4 === 3) await store.restore("a", kept.at(-1)?.version ?? "");
    else await store.fork("a", originOf(kept, n), `fork ${n}`);
    await report({ done: n, version: "" });
  }
}

await untilStarted();
await (task === "fork" ? fork() : save());
