import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore, type StorePlace } from "../../agent/dist/conversation/store-place.test-helper.js";
import { strandsStorage } from "./index.ts";
import { KEY, snapshotOf } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);

it.each<readonly [string, (folder: string) => StorePlace]>([
  ["SQLite", (folder) => ({ kind: "sqlite", path: join(folder, "threads.db") })],
  ["files", (folder) => ({ kind: "file-system", folder: join(folder, "threads") })],
])("after SIGKILL, %s has the last acknowledged value or the one in flight, whole", async (_name, create) => {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-strands-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const place = create(folder);
  const child = fork(PROGRAM, [JSON.stringify(place)]);
  let acknowledged = -1;
  child.on("message", (message: string) => {
    acknowledged = Number(message);
    if (acknowledged === 5) setTimeout(() => child.kill("SIGKILL"), Math.random() * 5);
  });
  const drained = once(child, "disconnect");
  expect((await once(child, "exit"))[1]).toBe("SIGKILL");
  await drained;
  await using store = await openStore(place);
  const storage = strandsStorage({ store });
  const value = await storage.read(KEY);
  expect([snapshotOf(acknowledged), snapshotOf(acknowledged + 1)]).toContainEqual(value);
  await storage.write(KEY, snapshotOf(-1));
  expect(await storage.read(KEY)).toEqual(snapshotOf(-1));
});
