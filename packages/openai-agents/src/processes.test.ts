import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { user } from "@openai/agents-core";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { threadSession, type ThreadSession } from "./index.ts";
import { addPairs, countOf } from "./items.test-helper.ts";
import {
  agentWith,
  kinds,
  lastMessages,
  runnerOf,
  startModelServer,
  temporaryFolder,
} from "./tools.test-helper.ts";

/** The number of processes to kill in each test. */
const KILLS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 1 : 4;

// Each test starts several processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Starts a child process and waits until it is ready. */
async function startChild(task: string, path: string, argument = ""): Promise<ChildProcess> {
  const process = fork(program, [task, path, argument], { execArgv: [] });
  onTestFinished(() => void process.kill("SIGKILL"));
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return process;
}

/** Opens the session in a new store, as another process would. */
function sessionIn(path: string): ThreadSession {
  const store = sqliteStore({ path });
  onTestFinished(() => store.close());
  return threadSession({ store, id: "talk", maxAttempts: 1000 });
}

function textOf(item: object): string {
  const { content } = item as { content: { text: string }[] };
  return content[0]?.text ?? "";
}

test("two processes that add 100 pairs of items each lose none and split no pair", async () => {
  const path = join(temporaryFolder(), "threads.db");
  const child = await startChild("add", path, "a");
  const ended = once(child, "exit");
  child.send("go");
  await addPairs(sessionIn(path), "b");
  expect((await ended)[0]).toBe(0);

  const texts = (await sessionIn(path).getItems()).map(textOf);
  const questions = texts.filter((_, index) => index % 2 === 0);
  expect(texts.filter((_, index) => index % 2 === 1)).toEqual(questions.map((text) => `${text} again`));
  for (const name of ["a", "b"]) {
    const own = questions.filter((text) => text.startsWith(name));
    expect(own).toEqual(Array.from({ length: 100 }, (_, count) => `${name} ${count}`));
  }
});

test("after SIGKILL the session loads and has every acknowledged item", async () => {
  const path = join(temporaryFolder(), "threads.db");
  let acknowledged = -1;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = await startChild("grow", path);
    const ended = once(writer, "exit");
    const drained = once(writer, "disconnect");
    writer.on("message", (message: string) => (acknowledged = Number(message.slice(5))));
    writer.send("go");
    // At least two items per round, however slow the machine is.
    await once(writer, "message");
    await once(writer, "message");
    await wait(Math.random() * 40);
    writer.kill("SIGKILL");
    await ended;
    await drained;
    const items = await sessionIn(path).getItems();
    expect(items.map((item) => Number.parseInt(textOf(item), 10))).toEqual([...items.keys()]);
    // The last item may have been written but not acknowledged.
    expect([acknowledged + 1, acknowledged + 2]).toContain(items.length);
    acknowledged = items.length - 1;
  }
  expect(acknowledged).toBeGreaterThanOrEqual(2 * KILLS - 1);
});

test("after SIGKILL during compactions, no item of any process is lost or counted twice", async () => {
  const path = join(temporaryFolder(), "threads.db");
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const compactor = await startChild("compact", path);
    const ended = once(compactor, "exit");
    const drained = once(compactor, "disconnect");
    compactor.on("message", (message: string) => message.startsWith("done") && acknowledged++);
    compactor.send("go");
    const session = sessionIn(path);
    for (let count = 0; count < 10; count++) {
      await session.addItems([user("from another process")]);
      acknowledged += 1;
    }
    await once(compactor, "message");
    await wait(Math.random() * 40);
    compactor.kill("SIGKILL");
    await ended;
    await drained;
    const count = countOf(await sessionIn(path).getItems());
    // The last item may have been written but not acknowledged.
    expect([acknowledged, acknowledged + 1]).toContain(count);
    acknowledged = count;
  }
});

test("after SIGKILL during a tool call, another process continues the session", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "thanks" }, { content: "Welcome." });
  mock.on({ hasToolResult: true, userMessage: "Rome" }, { content: "Blue sky in Rome." });
  mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const path = join(temporaryFolder(), "threads.db");
  const killed = await startChild("hang", path, mock.url);
  const ended = once(killed, "exit");
  const inTool = once(killed, "message");
  killed.send("go");
  expect((await inTool)[0]).toBe("in the tool");
  killed.kill("SIGKILL");
  await ended;

  // The SDK saves a turn when its run ends, so nothing of this one is saved.
  const session = sessionIn(path);
  expect(await session.getItems()).toEqual([]);
  const again = await runnerOf(mock.url, "chat completions").run(agentWith(), "weather in Rome", { session });
  expect(again.finalOutput).toBe("Blue sky in Rome.");

  const resumed = await startChild("resume", path, mock.url);
  const answer = once(resumed, "message");
  const exited = once(resumed, "exit");
  resumed.send("go");
  expect((await answer)[0]).toBe("Welcome.");
  expect((await exited)[0]).toBe(0);
  expect(
    lastMessages(mock)
      .map(({ role }) => role)
      .join(" "),
  ).toBe("system user assistant tool assistant user");
  expect(kinds(await session.getItems())).toHaveLength(6);
});
