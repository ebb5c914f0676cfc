import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { randomBeginning, runAndKill, runTogether, startChild } from "@threadstore/test-stores/processes";
import { expect, test } from "vitest";
import { textOf } from "./processes.test-helper.ts";
import { withCompression } from "./with-compression.ts";

const program = new URL("processes-child.test-helper.ts", import.meta.url);

test("two processes that append to and update one conversation lose no message", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const children = await Promise.all(["one", "two"].map((name) => startChild(program, ["post", path, name])));
  expect(await runTogether(children)).toEqual([0, 0]);

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
  for (let round = 0; round < 12; round += 1) {
    const writer = await startChild(program, ["live", path, String(next)]);
    const kill = { messages: randomBeginning(18), withinMs: 3 };
    const messages = await runAndKill<string>(writer, kill);

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
