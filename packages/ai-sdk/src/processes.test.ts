import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sqliteStore } from "@threadstore/sqlite";
import type { UIMessage } from "ai";
import { expect, onTestFinished, test, vi } from "vitest";
import { uiMessageStore } from "./index.ts";
import { lastMessages, startModelServer, temporaryFolder } from "./tools.test-helper.ts";

// Each test starts several processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly reports: unknown[];
  readonly ended: Promise<unknown[]>;
}

/** Starts a child process and waits until it is ready. */
async function startChild(task: string, path: string, argument: string): Promise<Child> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  onTestFinished(() => void process.kill("SIGKILL"));
  const ended = once(process, "exit");
  const [first] = await Promise.race([once(process, "message"), ended]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  const reports: unknown[] = [];
  process.on("message", (message) => reports.push(message));
  return { process, reports, ended };
}

async function messagesIn(path: string): Promise<UIMessage[]> {
  const store = sqliteStore({ path });
  const conversation = await uiMessageStore({ store }).load("talk");
  await store.close();
  return conversation?.messages ?? [];
}

test("two processes that append 40 messages each lose none", async () => {
  const path = join(temporaryFolder(), "threads.db");
  const children = await Promise.all([startChild("post", path, "a"), startChild("post", path, "b")]);
  for (const { process } of children) process.send("go");
  expect((await Promise.all(children.map(({ ended }) => ended))).map(([code]) => code)).toEqual([0, 0]);
  const ids = (await messagesIn(path)).map(({ id }) => id);
  for (const name of ["a", "b"]) {
    const own = ids.filter((id) => id.startsWith(name));
    expect(own).toEqual(Array.from({ length: 40 }, (_, count) => `${name}${count}`));
  }
});

test("after SIGKILL between two steps, the first is stored, another process continues, and the tool does not run again", async () => {
  const mock = await startModelServer();
  mock.on({ hasToolResult: true }, { content: "Blue sky in Rome." });
  mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const path = join(temporaryFolder(), "threads.db");
  const killed = await startChild("hang", path, mock.url);
  killed.process.send("go");
  await expect.poll(() => killed.reports).toEqual(["tool called", "saved"]);
  killed.process.kill("SIGKILL");
  await killed.ended;
  const [, partial] = await messagesIn(path);
  expect(partial?.parts.at(-1)).toMatchObject({ state: "output-available", output: "Rome: blue sky" });

  const next = await startChild("resume", path, mock.url);
  next.process.send("go");
  expect((await next.ended)[0]).toBe(0);
  expect(next.reports).toEqual([]);
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  const messages = await messagesIn(path);
  expect(messages.map(({ id }) => id)).toEqual(["1", partial?.id]);
  expect(messages[1]?.parts.at(-1)).toMatchObject({ type: "text", text: "Blue sky in Rome." });
});

test("a process that is killed while it holds a lease keeps the next tab waiting only for the lease's time", async () => {
  const path = join(temporaryFolder(), "threads.db");
  const killed = await startChild("lease", path, "");
  killed.process.send("go");
  await expect.poll(() => killed.reports).toEqual(["leased"]);
  await using store = sqliteStore({ path });
  const next: UIMessage = { id: "2", role: "user", parts: [{ type: "text", text: "Still there?" }] };
  const post = async (waitMs: number) =>
    uiMessageStore({ store, lease: { waitMs } }).append("talk", [next], { trigger: "submit-message" });
  await expect(post(0)).rejects.toMatchObject({ code: "CONVERSATION_BUSY" });
  killed.process.kill("SIGKILL");
  await killed.ended;
  const { messages } = await post(80_000);
  expect(messages.map(({ id }) => id)).toEqual(["1", "2"]);
});
