import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { newContainer } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));
const ROUNDS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 10 : 100;

await describeWithService("azurite", "concurrent clients", ({ connectionString }) => {
  /** Runs `save` with every store at once, and resolves with the index of the only one that succeeds. */
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

  test("of 20 clients that write one thread at once, exactly one succeeds", async () => {
    const container = await newContainer(connectionString);
    const stores = Array.from({ length: 20 }, () => azureBlobStore({ container }));
    const [first] = stores as [ThreadStore];
    for (let round = 0; round < ROUNDS; round += 1) {
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

  async function startChild(containerName: string): Promise<ChildProcess> {
    const child = fork(program, [connectionString, containerName], { execArgv: [] });
    const [message] = await Promise.race([once(child, "message"), once(child, "exit")]);
    if (message !== "ready") throw new Error(`The child ended with ${String(message)}.`);
    return child;
  }

  test("two processes that update one thread lose no update, and exit after closing their stores", async () => {
    const container = await newContainer(connectionString);
    const children = await Promise.all([
      startChild(container.containerName),
      startChild(container.containerName),
    ]);
    const exits = children.map((child) => once(child, "exit"));
    for (const child of children) child.send("go");
    expect((await Promise.all(exits)).map(([code]) => code as unknown)).toEqual([0, 0]);
    expect((await azureBlobStore({ container }).load("counter"))?.thread).toEqual({ n: 100 });
  });
});
