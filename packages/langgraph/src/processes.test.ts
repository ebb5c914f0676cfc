import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { shareThread, type TestGraph, turnGraph } from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./index.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));
/** The number of processes to kill. */
const KILLS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 1 : 10;
const config = { configurable: { thread_id: "one" } };

function temporaryDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-langgraph-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "threads.db");
}

/** Starts a child process and waits until it is ready. */
async function startChild(task: string, path: string, name = ""): Promise<ChildProcess> {
  const child = fork(program, [task, path, name], { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return child;
}

function saverIn(path: string, singleWriter = false): ThreadStoreSaver {
  const store = sqliteStore({ path });
  onTestFinished(() => store.close());
  return new ThreadStoreSaver({ store, singleWriter });
}

/** Opens the graph as another process would. */
function graphIn(path: string, singleWriter = false): TestGraph {
  return turnGraph(saverIn(path, singleWriter));
}

test("after SIGKILL between two puts, another process completes the turn and starts the next one", async () => {
  const path = temporaryDatabase();
  for (let kill = 0; kill < KILLS; kill++) {
    const child = await startChild("grow", path);
    const ended = once(child, "exit");
    let acknowledged = 0;
    child.on("message", (message: string) => (acknowledged = Number(message)));
    child.send("go");
    await once(child, "message");
    await wait(Math.random() * 30);
    child.kill("SIGKILL");
    await ended;
    const graph = graphIn(path);
    const { tasks } = await graph.getState(config);
    if (tasks.length > 0) await graph.invoke(null, config);
    const { lines = [] } = await graph.invoke({ lines: ["input"] }, config);
    // Each turn has its input and the line of each node once, in order, whatever was killed.
    const turns = lines.map((line) => line.slice(0, 6).trim());
    expect(turns).toEqual(
      Array.from({ length: turns.length / 3 }, () => ["input", "first", "second"]).flat(),
    );
    // Nothing that was acknowledged is lost.
    expect(turns.length).toBeGreaterThan(acknowledged);
  }
});

test("a thread that another process deletes in the middle of its runs is gone, or whole", async () => {
  const path = temporaryDatabase();
  const child = await startChild("grow", path);
  const ended = once(child, "exit");
  child.send("go");
  for (let deletion = 0; deletion <= KILLS; deletion++) {
    await once(child, "message");
    await wait(Math.random() * 30);
    const saver = saverIn(path);
    await saver.deleteThread("one");
    const graph = turnGraph(saver);
    // The runs go on. Loading rejects if a value is missing.
    for (const pause of [0, 10, 100]) {
      await wait(pause);
      const { lines = [] } = (await graph.getState(config)).values;
      const expected = Array.from(
        { length: lines.length },
        (_, index) => ["input", "first", "second"][index % 3],
      );
      expect(lines.map((line) => line.slice(0, 6).trim())).toEqual(expected);
    }
  }
  child.kill("SIGKILL");
  await ended;
  const graph = graphIn(path);
  const { tasks } = await graph.getState(config);
  if (tasks.length > 0) await graph.invoke(null, config);
  const { lines = [] } = await graph.invoke({ lines: ["input"] }, config);
  expect(lines.length % 3).toBe(0);
});

test("two processes that share a thread lose no turn with singleWriter", async () => {
  const path = temporaryDatabase();
  const child = await startChild("share", path, "a");
  const ended = once(child, "exit");
  const graph = graphIn(path, true);
  child.send("go");
  await shareThread(graph, "b");
  expect((await ended)[0]).toBe(0);
  const { lines } = (await graph.getState(config)).values;
  const inputs = (lines ?? []).filter((line) => /^[ab] /u.test(line));
  for (const name of ["a", "b"]) {
    const own = inputs.filter((line) => line.startsWith(name));
    // A run that was overtaken after it had saved its input is repeated, and then its input is there twice in a row.
    const turns = own.filter((line, index) => line !== own[index - 1]);
    expect(turns).toEqual(Array.from({ length: 8 }, (_, turn) => `${name} ${turn}`));
  }
});
