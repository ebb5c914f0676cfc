import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { textOf } from "./processes.test-helper.ts";
import { withCompression } from "./with-compression.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Starts a child process and waits until it is ready. */
async function child(task: string, path: string, argument: string): Promise<ChildProcess> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return process;
}

test("two processes that append to and update one conversation lose no message", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const children = await Promise.all(["one", "two"].map((name) => child("post", path, name)));
  const ends = children.map((each) => once(each, "exit"));
  for (const each of children) each.send("go");
  expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);

  await using store = withCompression(sqliteStore({ path }));
  const messages = ((await store.load("a"))?.thread["messages"] ?? []) as { from: string; n: number }[];
  for (const from of ["one", "two"]) {
    expect(messages.filter((each) => each.from === from)).toEqual(
      Array.from({ length: 40 }, (_, n) => ({ from, n, text: textOf(`${from} ${n}`) })),
    );
  }
});

/** Returns the thread after the step `n`, which the program of the child process determines. */
function threadAfter(n: number): object | undefined {
  const step = n % 7;
  if (n < 0 || step === 6) return undefined;
  return { messages: Array.from({ length: step + 1 }, (_, index) => textOf(`${n - step + index}`)) };
}

test("after SIGKILL the thread is the last acknowledged one or the one in flight", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  let [next, inFlight] = [0, 0];
  for (let kill = 0; kill < 12; kill += 1) {
    const writer = await child("live", path, String(next));
    const messages: string[] = [];
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const target = 2 * Math.floor(Math.random() * 9) + 1;
    writer.on("message", (message) => {
      messages.push(message as string);
      if (messages.length === target) reach();
    });
    const [ended, drained] = [once(writer, "exit"), once(writer, "disconnect")];
    writer.send("go");
    // It has started a save. Kill it at a random point within the time that a save takes.
    await reached;
    await wait(Math.random() * 3);
    writer.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    await drained;

    const [event, number] = messages.at(-1)?.split(" ") ?? [];
    const last = Number(number);
    if (event === "begin") inFlight += 1;
    await using store = withCompression(sqliteStore({ path }));
    const thread = (await store.load("a"))?.thread;
    const states = (event === "begin" ? [last - 1, last] : [last]).map(threadAfter);
    expect(states).toContainEqual(thread);
    // The next process continues with the step after the one that was done.
    next = isDeepStrictEqual(thread, threadAfter(last)) ? last + 1 : last;
  }
  // Otherwise the kills did not interrupt what matters.
  expect(inFlight).toBeGreaterThan(2);
});
