import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { imageOf } from "./processes.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Starts a child process and waits until it is ready. */
async function child(task: string, path: string, argument: string): Promise<ChildProcess> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return process;
}

/** Counts the stored attachments, including orphans. */
async function countAttachments(inner: ThreadStore): Promise<number> {
  let count = 0;
  for await (const { corrupt } of inner.namespace(".attachments").list()) count += corrupt ? 0 : 1;
  return count;
}

test("two processes that add images to one conversation lose none and leave no orphans", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const children = await Promise.all(["one", "two"].map((name) => child("post", path, name)));
  const ends = children.map((each) => once(each, "exit"));
  for (const each of children) each.send("go");
  expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);

  const inner = sqliteStore({ path });
  await using store = withAttachments(inner);
  const messages = ((await store.load("a"))?.thread["messages"] ?? []) as { from: string; n: number }[];
  for (const from of ["one", "two"]) {
    const theirs = messages.filter((each) => each.from === from);
    expect(theirs).toEqual(
      Array.from({ length: 20 }, (_, n) => ({ from, n, image: imageOf(`${from} ${n}`) })),
    );
  }
  expect(await countAttachments(inner)).toBe(40);
});

test("after SIGKILL the thread is the last acknowledged one or the one in flight, with its images", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  let [next, inFlight] = [0, 0];
  for (let kill = 0; kill < 12; kill += 1) {
    const writer = await child("live", path, String(next));
    const messages: string[] = [];
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const target = 2 * Math.floor(Math.random() * 5) + 1;
    writer.on("message", (message) => {
      messages.push(message as string);
      if (messages.length === target) reach();
    });
    const [ended, drained] = [once(writer, "exit"), once(writer, "disconnect")];
    writer.send("go");
    // It has started a save. Kill it at a random point within the time that a save takes.
    await reached;
    await wait(Math.random() * 15);
    writer.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    await drained;

    const [event, number] = messages.at(-1)?.split(" ") ?? [];
    const last = Number(number);
    if (event === "begin") inFlight += 1;
    await using store = withAttachments(sqliteStore({ path }));
    const thread = (await store.load("a"))?.thread;
    const states = (event === "begin" ? [last - 1, last] : [last]).map((n) =>
      n < 0 || n % 5 === 4 ? undefined : { n, images: [imageOf(`${n - 1}`), imageOf(`${n}`)] },
    );
    expect(states).toContainEqual(thread);
    // The next process continues from the stored thread.
    const stored = Number(thread?.["n"] ?? last - ((last + 1) % 5));
    next = stored + 1;
  }
  // Otherwise no save was killed, and the test proves nothing.
  expect(inFlight).toBeGreaterThanOrEqual(3);
  expect(next).toBeGreaterThan(12);

  const inner = sqliteStore({ path });
  await using later = withAttachments(inner, { now: () => Date.now() + 86_400_001 });
  await later.deleteExpired();
  const images = ((await later.load("a"))?.thread["images"] ?? []) as string[];
  expect(await countAttachments(inner)).toBe(images.length);
});
