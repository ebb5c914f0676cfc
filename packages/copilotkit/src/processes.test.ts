import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { reopen, Tab } from "./page.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);

/** Starts a run in another process, and opens its thread. */
async function start(): Promise<{
  child: ChildProcess;
  store: ThreadStore;
  tab: Tab;
  connecting: Promise<unknown>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-copilotkit-"));
  const path = join(folder, "threads.db");
  const store = sqliteStore({ path });
  const child = fork(PROGRAM, [path]);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const tab = new Tab(store);
  await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
  const connecting = tab.connectAgent();
  await expect.poll(() => tab.texts[1]?.length ?? 0, { interval: 5 }).toBeGreaterThan(50);
  return { child, store, tab, connecting };
}

/** Expects the numbers that the agent has written, without a gap. */
function expectNumbers(text: string | undefined): void {
  const numbers = (text ?? "").trim().split(" ").map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index));
}

it("readers of a process that is killed receive its events, an error, and the next answer", async () => {
  const { child, store, tab, connecting } = await start();
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  // A question of another tab waits until the death is certain.
  const other = new Tab(store);
  await Promise.all([connecting, other.ask("two")]);
  expect(tab.shown).toEqual(["RUN_INTERRUPTED"]);
  const { texts } = await reopen(store);
  expect(texts).toEqual(["one", tab.texts[1], "two", "re: two"]);
  expectNumbers(texts[1]);
  expect(await tab.runner.isRunning({ threadId: "t" })).toBe(false);
});

it("a run is stopped from another process", async () => {
  const { child, store, tab, connecting } = await start();
  const message = once(child, "message");
  const exited = once(child, "exit");
  expect(await tab.runner.stop({ threadId: "t" })).toBe(true);
  await connecting;
  expect(await message).toContain("aborted");
  expect((await exited)[0]).toBe(0);
  const { texts } = await reopen(store);
  expectNumbers(texts[1]);
  expect(tab.texts).toEqual(texts);
});
