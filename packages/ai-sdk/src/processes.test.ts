import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sqliteStore } from "@threadstore/sqlite";
import type { UIMessage } from "ai";
import { expect, onTestFinished, test, vi } from "vitest";
import { uiMessageStore } from "./index.ts";
import { lastMessages, startModelServer, temporaryFolder } from "./tools.test-helper.ts";

// Whole processes on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly said: unknown[];
  readonly ended: Promise<unknown[]>;
}

/** A child that is ready to begin, and what it says from then on. */
async function child(task: string, path: string, argument: string): Promise<Child> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  onTestFinished(() => void process.kill("SIGKILL"));
  const ended = once(process, "exit");
  const [first] = await Promise.race([once(process, "message"), ended]);
  if (first !== "ready") throw new Error(`The child ended with ${String(first)}.`);
  const said: unknown[] = [];
  process.on("message", (message) => said.push(message));
  return { process, said, ended };
}

async function messagesIn(path: string): Promise<UIMessage[]> {
  const store = sqliteStore({ path });
  const conversation = await uiMessageStore({ store }).load("talk");
  await store.close();
  return conversation?.messages ?? [];
}

test("two processes that post 40 times each lose nothing", async () => {
  const path = join(temporaryFolder(), "threads.db");
  const children = await Promise.all([child("post", path, "a"), child("post", path, "b")]);
  for (const { process } of children) process.send("go");
  expect((await Promise.all(children.map(({ ended }) => ended))).map(([code]) => code)).toEqual([0, 0]);
  const ids = (await messagesIn(path)).map(({ id }) => id);
  for (const name of ["a", "b"]) {
    const own = ids.filter((id) => id.startsWith(name));
    expect(own).toEqual(Array.from({ length: 40 }, (_, count) => `${name}${count}`));
  }
});

test("a process killed between two steps has kept the first; the next goes on, and the tool runs once", async () => {
  const mock = await startModelServer();
  mock.on({ hasToolResult: true }, { content: "Blue sky in Rome." });
  mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const path = join(temporaryFolder(), "threads.db");
  const killed = await child("hang", path, mock.url);
  killed.process.send("go");
  await expect.poll(() => killed.said).toEqual(["in the tool", "saved"]);
  killed.process.kill("SIGKILL");
  await killed.ended;
  const [, begun] = await messagesIn(path);
  expect(begun?.parts.at(-1)).toMatchObject({ state: "output-available", output: "Rome: blue sky" });

  const next = await child("resume", path, mock.url);
  next.process.send("go");
  expect((await next.ended)[0]).toBe(0);
  expect(next.said).toEqual([]);
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  const messages = await messagesIn(path);
  expect(messages.map(({ id }) => id)).toEqual(["1", begun?.id]);
  expect(messages[1]?.parts.at(-1)).toMatchObject({ type: "text", text: "Blue sky in Rome." });
});
