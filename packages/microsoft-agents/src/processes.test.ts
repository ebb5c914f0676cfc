import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConversationState } from "@microsoft/agents-hosting";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { stateStorage } from "./index.ts";
import { turn } from "./turn.test-helper.ts";

const program = fileURLToPath(new URL("../dist/processes-child.test-helper.js", import.meta.url));
const TURNS = 30;

/** Starts a child process and waits until it is ready. */
async function startChild(path: string): Promise<ChildProcess> {
  const child = fork(program, [path, `${TURNS}`], { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return child;
}

test("turns of two processes in one conversation all take effect", async () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-microsoft-agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "threads.db");
  const children = await Promise.all([startChild(path), startChild(path)]);
  const exits = children.map(async (child) => once(child, "exit"));
  for (const child of children) child.send("go");
  expect((await Promise.all(exits)).map(([code]) => code as unknown)).toEqual([0, 0]);
  const store = sqliteStore({ path });
  onTestFinished(() => store.close());
  const state = new ConversationState(stateStorage({ store }));
  expect(await state.createProperty<number>("count").get(turn())).toBe(2 * TURNS);
});
