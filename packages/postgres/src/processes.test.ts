import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { postgresStore } from "./postgres-store.ts";
import { directConnection, dropTables, freshPrefix } from "./postgres.test-helper.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

async function startChild(url: string, prefix: string): Promise<ChildProcess> {
  const process = fork(program, [url, prefix], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child process ended with ${String(first)}.`);
  return process;
}

await describeWithService("pgbouncer", "several processes", ({ url, directUrl }) => {
  test("create the tables at the same time, count together, and exit once their stores are closed", async () => {
    const tablePrefix = freshPrefix();
    const children = await Promise.all(
      [url, directUrl, directUrl].map((each) => startChild(each, tablePrefix)),
    );
    const ends = children.map((each) => once(each, "exit"));
    for (const each of children) each.send("go");
    expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0, 0]);
    await using store = postgresStore({ url, tablePrefix });
    expect((await store.load("counter"))?.thread).toEqual({ n: 60 });
    const { direct, end } = directConnection(directUrl);
    await dropTables(direct, tablePrefix);
    await end();
  });
});
