import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ConversationState } from "@microsoft/agents-hosting";
import type { ThreadStore } from "@threadstore/core";
import { IS_QUICK } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it, onTestFinished } from "vitest";
import { stateStorage } from "./index.ts";
import { runTurn, type TurnsTask } from "./processes-child.test-helper.ts";
import { turn } from "./turn.test-helper.ts";

const PROGRAM = fileURLToPath(new URL("../dist/processes-child.test-helper.js", import.meta.url));
const STORES = { full: ["sqlite", "file-system", "redis", "postgres"], quick: ["sqlite", "redis"] } as const;
const TURNS = 30;

/** Starts a child process and waits until it is ready. */
async function startChild(task: TurnsTask): Promise<ChildProcess> {
  const child = fork(PROGRAM, [JSON.stringify(task)], { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
  return child;
}

async function countIn(store: ThreadStore): Promise<number | undefined> {
  const state = new ConversationState(stateStorage({ store }));
  return state.createProperty<number>("count").get(turn());
}

await describeStores("turns", STORES, ({ location, store }) => {
  it("of two processes in one conversation all take effect", async () => {
    const child = await startChild({ location: location(), turns: TURNS });
    const exited = once(child, "exit");
    const before = (await countIn(store())) ?? 0;
    child.send("go");
    // The test's own process is the other one.
    const state = new ConversationState(stateStorage({ store: store() }));
    for (let index = 0; index < TURNS; index += 1) await runTurn(state);
    expect((await exited)[0]).toBe(0);
    expect(await countIn(store())).toBe(before + 2 * TURNS);
  });

  it("of a process that is killed are kept, and another process continues the conversation", async () => {
    for (let kill = 0; kill < (IS_QUICK ? 1 : 4); kill += 1) {
      const child = await startChild({ location: location(), turns: 100_000 });
      let acknowledged = 0;
      let reports = 0;
      child.on("message", (message: string) => {
        acknowledged = Number(message);
        reports += 1;
        // In the middle of a turn, at another moment of it each time.
        if (reports === 8) setTimeout(() => child.kill("SIGKILL"), Math.random() * 5);
      });
      const drained = once(child, "disconnect");
      const exited = once(child, "exit");
      child.send("go");
      expect((await exited)[1]).toBe("SIGKILL");
      await drained;
      const stored = (await countIn(store())) ?? 0;
      // The state is that of the last turn that was acknowledged, or of the one that was being saved.
      expect([acknowledged, acknowledged + 1]).toContain(stored);
      const state = new ConversationState(stateStorage({ store: store() }));
      expect(await runTurn(state)).toBe(stored + 1);
    }
  });
});
