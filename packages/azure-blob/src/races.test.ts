import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { newContainer } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const program = fileURLToPath(new URL("races-child.test-helper.ts", import.meta.url));
const rounds = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 30 : 100;

await describeWithService("azurite", "clients that race", ({ connectionString }) => {
  async function race(
    stores: readonly ThreadStore[],
    save: (store: ThreadStore, n: number) => Promise<unknown>,
  ): Promise<number> {
    const outcomes = await Promise.allSettled(stores.map(save));
    const winners = outcomes.flatMap((outcome, n) => {
      if (outcome.status === "fulfilled") return [n];
      expect(outcome.reason).toMatchObject({ code: "CONFLICT" });
      return [];
    });
    expect(winners).toHaveLength(1);
    return winners[0] ?? -1;
  }

  test("for one thread have one winner, twenty of them, over and over", async () => {
    const container = await newContainer(connectionString);
    const stores = Array.from({ length: 20 }, () => azureBlobStore({ container }));
    const [first] = stores as [ThreadStore];
    for (let round = 0; round < rounds; round += 1) {
      const id = `thread-${round}`;
      const creator = await race(stores, (store, n) => store.save(id, { creator: n }));
      const created = await first.load(id);
      expect(created?.thread).toEqual({ creator });
      const replacer = await race(stores, (store, n) =>
        store.save(id, { replacer: n }, { previous: created?.version }),
      );
      const replaced = await first.load(id);
      expect(replaced?.thread).toEqual({ replacer });
      const last = await race(stores, (store, n) =>
        n % 2 === 0
          ? store.delete(id, { previous: replaced })
          : store.save(id, { n }, { previous: replaced }),
      );
      expect((await first.load(id))?.thread).toEqual(last % 2 === 0 ? undefined : { n: last });
    }
  });

  async function child(containerName: string): Promise<ChildProcess> {
    const started = fork(program, [connectionString, containerName], { execArgv: [] });
    const [message] = await Promise.race([once(started, "message"), once(started, "exit")]);
    if (message !== "ready") throw new Error(`The child ended with ${String(message)}.`);
    return started;
  }

  test("in two processes count to 100 between them, and the processes exit by themselves once closed", async () => {
    const container = await newContainer(connectionString);
    const children = await Promise.all([child(container.containerName), child(container.containerName)]);
    const ends = children.map((each) => once(each, "exit"));
    for (const each of children) each.send("go");
    expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);
    expect((await azureBlobStore({ container }).load("counter"))?.thread).toEqual({ n: 100 });
  });
});
