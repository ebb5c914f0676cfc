import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";
import { freshPrefix } from "./tools.test-helper.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

async function child(url: string, prefix: string): Promise<ChildProcess> {
  const process = fork(program, [url, prefix], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child ended with ${String(first)}.`);
  return process;
}

await describeWithService("redis", "several processes", ({ url }) => {
  test("two processes count to 100 between them, and exit by themselves once closed", async () => {
    const prefix = freshPrefix();
    const children = await Promise.all([child(url, prefix), child(url, prefix)]);
    const ends = children.map((each) => once(each, "exit"));
    for (const each of children) each.send("go");
    expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);
    await using store = redisStore({ url, prefix });
    expect((await store.load("counter"))?.thread).toEqual({ n: 100 });
  });
});
