import { fork } from "node:child_process";
import { once } from "node:events";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import { idsOf, messageIds } from "./kit/check.test-helper.ts";
import { THREAD, write, type WriterTask } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);
const STORES = { full: ["sqlite", "file-system"], quick: ["sqlite"] } as const;

await describeStores("memory", STORES, ({ location, store }) => {
  it("of two processes keeps every acknowledged message, although one is killed", async () => {
    const task: WriterTask = { location: location(), name: "killed", messages: 100_000 };
    const killed = fork(PROGRAM, [JSON.stringify(task)]);
    let acknowledged = -1;
    killed.on("message", (message: string) => {
      acknowledged = Number(message);
      // In the middle of a save, at another moment of it each time.
      if (acknowledged === 10) setTimeout(() => killed.kill("SIGKILL"), Math.random() * 8);
    });
    const drained = once(killed, "disconnect");
    const exited = once(killed, "exit");
    await once(killed, "message");
    // The test's own process is the other one.
    const memory = new ThreadStoreMemory({ store: store() });
    await write(memory, { name: "survivor", messages: 30 });
    expect((await exited)[1]).toBe("SIGKILL");
    await drained;

    const ids = await messageIds(memory, THREAD.id);
    const indicesOf = (name: string) =>
      ids.filter((id) => id.startsWith(name)).map((id) => Number(id.split(" ")[1]));
    expect(indicesOf("survivor")).toEqual(Array.from({ length: 30 }, (_, index) => index));
    const stored = indicesOf("killed");
    expect(stored).toEqual([...stored.keys()]);
    expect([acknowledged + 1, acknowledged + 2]).toContain(stored.length);
    // Each stored message can be found by its id, and the metadata of no process is lost.
    const { messages } = await memory.listMessagesById({ messageIds: ids });
    expect(idsOf(messages).toSorted()).toEqual(ids.toSorted());
    const thread = await memory.getThreadById({ threadId: THREAD.id });
    expect(thread?.metadata).toMatchObject({ survivor: 29 });
    expect([acknowledged, acknowledged + 1]).toContain(thread?.metadata?.["killed"]);
    expect((await memory.listThreads({ filter: { resourceId: THREAD.resourceId } })).total).toBe(1);
  });
});
