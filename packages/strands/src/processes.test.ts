import { fork } from "node:child_process";
import { once } from "node:events";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { strandsStorage } from "./index.ts";
import { KEY, snapshotOf } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);
const STORES = ["sqlite", "file-system"] as const;

await describeStores("values", { full: STORES, quick: STORES }, ({ location, store }) => {
  it("are the last acknowledged one or the one in flight after SIGKILL, and whole", async () => {
    const child = fork(PROGRAM, [JSON.stringify(location())]);
    let acknowledged = -1;
    child.on("message", (message: string) => {
      acknowledged = Number(message);
      if (acknowledged === 5) setTimeout(() => child.kill("SIGKILL"), Math.random() * 5);
    });
    const drained = once(child, "disconnect");
    expect((await once(child, "exit"))[1]).toBe("SIGKILL");
    await drained;
    const storage = strandsStorage({ store: store() });
    const value = await storage.read(KEY);
    expect([snapshotOf(acknowledged), snapshotOf(acknowledged + 1)]).toContainEqual(value);
    await storage.write(KEY, snapshotOf(-1));
    expect(await storage.read(KEY)).toEqual(snapshotOf(-1));
  });
});
