import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "@google/adk";
import { expect, it, onTestFinished } from "vitest";
import { openStore, type StorePlace } from "../../agent/dist/conversation/store-place.test-helper.js";
import { ThreadStoreSessionService } from "./index.ts";
import { NAMES, type WriterTask } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);

function start(task: WriterTask): ReturnType<typeof fork> {
  return fork(PROGRAM, [JSON.stringify(task)]);
}

async function loadSession(place: StorePlace): Promise<Session | undefined> {
  await using store = await openStore(place);
  return new ThreadStoreSessionService({ store }).getSession(NAMES);
}

const PLACES: readonly (readonly [string, (folder: string) => StorePlace])[] = [
  ["SQLite", (folder) => ({ kind: "sqlite", path: join(folder, "threads.db") })],
  ["files", (folder) => ({ kind: "file-system", folder: join(folder, "threads") })],
];
// Each process loads the whole SDK, which takes 2 s of CPU.
const IS_QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";

// One process is killed while the other one continues.
it.each(IS_QUICK ? PLACES.slice(0, 1) : PLACES)(
  "of two processes, %s keeps every acknowledged event, although one is killed",
  async (_name, create) => {
    const folder = await mkdtemp(join(tmpdir(), "threadstore-adk-"));
    onTestFinished(async () => rm(folder, { recursive: true, force: true }));
    const place = create(folder);
    const survivor = start({ place, name: "survivor", events: 40 });
    const killed = start({ place, name: "killed", events: 100_000 });
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

    const session = await loadSession(place);
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
  },
);
