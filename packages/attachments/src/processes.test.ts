import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { randomBeginning, runAndKill, runTogether, startChild } from "@threadstore/test-stores/processes";
import { expect, test } from "vitest";
import { imageOf } from "./processes.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const program = new URL("processes-child.test-helper.ts", import.meta.url);

/** Counts the stored attachments, including orphans. */
async function countAttachments(inner: ThreadStore): Promise<number> {
  let count = 0;
  for await (const { corrupt } of inner.namespace(".attachments").list()) count += corrupt ? 0 : 1;
  return count;
}

test("two processes that add images to one conversation lose none and leave no orphans", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const children = await Promise.all(["one", "two"].map((name) => startChild(program, ["post", path, name])));
  expect(await runTogether(children)).toEqual([0, 0]);

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
  for (let round = 0; round < 12; round += 1) {
    const writer = await startChild(program, ["live", path, String(next)]);
    const kill = { messages: randomBeginning(10), withinMs: 15 };
    const messages = await runAndKill<string>(writer, kill);

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
