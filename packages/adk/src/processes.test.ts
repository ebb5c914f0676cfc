import { fork } from "node:child_process";
import { once } from "node:events";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { ThreadStoreSessionService } from "./index.ts";
import { NAMES, type WriterTask } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);
/** Each process loads the whole SDK, which takes 2 s of CPU. */
const STORES = { full: ["sqlite", "file-system"], quick: ["sqlite"] } as const;

function start(task: WriterTask): ReturnType<typeof fork> {
  return fork(PROGRAM, [JSON.stringify(task)]);
}

await describeStores("sessions", STORES, ({ location, store }) => {
  it("of two processes keep every acknowledged event, although one is killed while the other one continues", async () => {
    const survivor = start({ location: location(), name: "survivor", events: 40 });
    const killed = start({ location: location(), name: "killed", events: 100_000 });
    let acknowledged = -1;
    killed.on("message", (message: string) => {
      acknowledged = Number(message);
      // In the middle of an append, at another moment of it each time.
      if (acknowledged === 10) setTimeout(() => killed.kill("SIGKILL"), Math.random() * 5);
    });
    const drained = once(killed, "disconnect");
    const [[survivorCode], [, signal]] = await Promise.all([once(survivor, "exit"), once(killed, "exit")]);
    await drained;
    expect([survivorCode, signal]).toEqual([0, "SIGKILL"]);

    const service = new ThreadStoreSessionService({ store: store() });
    const session = await service.getSession(NAMES);
    const indicesOf = (name: string) =>
      session?.events.filter(({ id }) => id.startsWith(name)).map(({ id }) => Number(id.split(" ")[1]));
    expect(indicesOf("survivor")).toEqual(Array.from({ length: 40 }, (_, index) => index));
    const stored = indicesOf("killed") ?? [];
    expect(stored).toEqual([...stored.keys()]);
    expect([acknowledged + 1, acknowledged + 2]).toContain(stored.length);
    const last = stored.length - 1;
    expect(session?.state).toMatchObject({
      survivor: 39,
      "app:survivor": 39,
      "user:survivor": 39,
      killed: last,
    });
    // Shared state is written before the event, so it can be that of the event that was not stored any more.
    for (const key of ["app:killed", "user:killed"]) expect([last, last + 1]).toContain(session?.state[key]);
  });
});
