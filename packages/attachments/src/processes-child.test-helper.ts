// Runs in the child processes of processes.test.ts.
import type { StoredThread } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { report, untilStarted } from "@threadstore/test-stores/child";
import { imageOf } from "./processes.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const [task = "", path = "", argument = ""] = process.argv.slice(2);

/** Adds 20 messages with an image each, concurrently with other processes. */
async function post(): Promise<void> {
  const store = withAttachments(sqliteStore({ path, synchronous: "normal" }));
  for (let n = 0; n < 20; n += 1) {
    const message = { from: argument, n, image: imageOf(`${argument} ${n}`) };
    await store.update("a", (current) => {
      const messages = (current?.thread["messages"] ?? []) as object[];
      return { messages: [...messages, message] };
    });
  }
  await store.close();
}

/** Saves a thread repeatedly, each time with one new image and one of the previous version, until it is killed. */
async function live(): Promise<void> {
  const store = withAttachments(sqliteStore({ path, synchronous: "normal" }));
  let previous: StoredThread | undefined = await store.load("a");
  for (let n = Number(argument); ; n += 1) {
    await report(`begin ${n}`);
    if (n % 5 === 4) {
      await store.delete("a", { previous });
      previous = undefined;
    } else {
      const overwrite = n % 5 === 3;
      const images = [imageOf(`${n - 1}`), imageOf(`${n}`)];
      previous = await store.save("a", { n, images }, overwrite ? { overwrite } : { previous });
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
