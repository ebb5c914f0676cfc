import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, test } from "vitest";
import { imageOf } from "./processes.test-helper.ts";
import { temporaryFolder } from "./tools.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** A child that is ready to begin. */
async function child(task: string, path: string, argument: string): Promise<ChildProcess> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child ended with ${String(first)}.`);
  return process;
}

/** How many attachments are stored, named or not. */
async function countAttachments(beneath: ThreadStore): Promise<number> {
  let count = 0;
  for await (const { corrupt } of beneath.namespace(".attachments").list()) count += corrupt ? 0 : 1;
  return count;
}

test("two processes that post images to one conversation lose none, and leave no orphan", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const children = await Promise.all(["one", "two"].map((name) => child("post", path, name)));
  const ends = children.map((each) => once(each, "exit"));
  for (const each of children) each.send("go");
  expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);

  const beneath = sqliteStore({ path });
  await using store = withAttachments(beneath);
  const messages = ((await store.load("a"))?.thread["messages"] ?? []) as { from: string; n: number }[];
  for (const from of ["one", "two"]) {
    const theirs = messages.filter((each) => each.from === from);
    expect(theirs).toEqual(
      Array.from({ length: 20 }, (_, n) => ({ from, n, image: imageOf(`${from} ${n}`) })),
    );
  }
  expect(await countAttachments(beneath)).toBe(40);
});

test("after SIGKILL the thread is the last confirmed one or the one in flight, with its images", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  let [next, inFlight] = [0, 0];
  for (let kill = 0; kill < 12; kill += 1) {
    const writer = await child("live", path, String(next));
    const messages: string[] = [];
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const enough = 2 * Math.floor(Math.random() * 5) + 1;
    writer.on("message", (message) => {
      messages.push(message as string);
      if (messages.length === enough) reach();
    });
    const [ended, drained] = [once(writer, "exit"), once(writer, "disconnect")];
    writer.send("go");
    // It has begun a save, and gets a part of the time that one takes.
    await reached;
    await wait(Math.random() * 15);
    writer.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    await drained;

    const [what, number] = messages.at(-1)?.split(" ") ?? [];
    const last = Number(number);
    if (what === "begin") inFlight += 1;
    await using store = withAttachments(sqliteStore({ path }));
    const thread = (await store.load("a"))?.thread;
    const states = (what === "begin" ? [last - 1, last] : [last]).map((n) =>
      n < 0 || n % 5 === 4 ? undefined : { n, images: [imageOf(`${n - 1}`), imageOf(`${n}`)] },
    );
    expect(states).toContainEqual(thread);
    // The next one goes on from what is there.
    const found = Number(thread?.["n"] ?? last - ((last + 1) % 5));
    next = found + 1;
  }
  // Otherwise the kills met no save, and nothing was proved.
  expect(inFlight).toBeGreaterThanOrEqual(3);
  expect(next).toBeGreaterThan(12);

  const beneath = sqliteStore({ path });
  await using later = withAttachments(beneath, { now: () => Date.now() + 86_400_001 });
  await later.deleteExpired();
  const images = ((await later.load("a"))?.thread["images"] ?? []) as string[];
  expect(await countAttachments(beneath)).toBe(images.length);
});
