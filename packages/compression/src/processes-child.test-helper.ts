// Runs in the child processes of processes.test.ts.
import type { StoredThread } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { report, untilStarted } from "@threadstore/test-stores/child";
import { textOf } from "./processes.test-helper.ts";
import { withCompression } from "./with-compression.ts";

const [task = "", path = "", argument = ""] = process.argv.slice(2);

/** Adds 40 messages, by turns with an append and an update, concurrently with other processes. */
async function post(): Promise<void> {
  const store = withCompression(sqliteStore({ path, synchronous: "normal" }));
  for (let n = 0; n < 40; n += 1) {
    const message = { from: argument, n, text: textOf(`${argument} ${n}`) };
    if (n % 2 === 0) await store.append("a", [message], { create: { messages: [] } });
    else {
      await store.update("a", (current) => {
        const messages = (current?.thread["messages"] ?? []) as object[];
        return { messages: [...messages, message] };
      });
    }
  }
  await store.close();
}

/** Saves, appends to and deletes a thread repeatedly, until it is killed. */
async function live(): Promise<void> {
  const store = withCompression(sqliteStore({ path, synchronous: "normal" }));
  let previous: StoredThread | undefined = await store.load("a");
  for (let n = Number(argument); ; n += 1) {
    await report(`begin ${n}`);
    if (n % 7 === 6) {
      await store.delete("a", { previous });
      previous = undefined;
    } else if (n % 7 === 0 || previous === undefined) {
      previous = await store.save("a", { messages: [textOf(`${n}`)] }, { overwrite: true });
    } else {
      const messages = [...(previous.thread["messages"] as string[]), textOf(`${n}`)];
      previous = await store.save("a", { messages }, { previous });
    }
    await report(`done ${n}`);
  }
}

const work = new Map([
  ["post", post],
  ["live", live],
]).get(task);
if (work === undefined) throw new Error(`Unknown task ${task}.`);
await untilStarted();
if (task === "post") process.disconnect();
await work();
