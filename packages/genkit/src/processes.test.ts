import { fork } from "node:child_process";
import { once } from "node:events";
import { IS_QUICK } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { echoAgent } from "./agent.test-helper.ts";
import { threadSessionStore } from "./index.ts";
import { messagesAfter, saveTurn, turnId, type WriterTask } from "./processes-child.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);
const STORES = { full: ["sqlite", "file-system", "redis", "postgres"], quick: ["sqlite", "redis"] } as const;
const KILLS = IS_QUICK ? 1 : 5;

/** Starts a process that saves turns, kills it in the middle of a save, and resolves with the last turn it reported. */
async function killDuringSave(task: WriterTask): Promise<number> {
  const child = fork(PROGRAM, [JSON.stringify(task)]);
  let acknowledged = task.from - 1;
  child.on("message", (message: string) => {
    acknowledged = Number(message);
    // At another moment of the save each time.
    if (acknowledged === task.from + 5) setTimeout(() => child.kill("SIGKILL"), Math.random() * 8);
  });
  const drained = once(child, "disconnect");
  const [, signal] = await once(child, "exit");
  await drained;
  expect(signal).toBe("SIGKILL");
  return acknowledged;
}

await describeStores("sessions", STORES, ({ location, store }) => {
  it("of a killed process keep every acknowledged turn, whole, and another process continues them", async () => {
    const sessions = threadSessionStore({
      store: store().namespace("genkit"),
      rejectBranchingSessions: true,
    });
    const sessionId = "support-4711";
    let from = 0;
    let parentId: string | undefined;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await killDuringSave({
        location: location(),
        sessionId,
        from,
        ...(parentId && { parentId }),
      });
      // The turn that was being saved is there or not. Each earlier one is, as a whole.
      for (let index = 0; index <= acknowledged; index += 1) {
        const saved = await sessions.getSnapshot({ snapshotId: turnId(sessionId, index) });
        expect(saved?.state?.messages, `turn ${index}`).toEqual(messagesAfter(index));
        expect(saved?.status).toBe("completed");
      }
      const latest = await sessions.getSnapshot({ sessionId });
      const index = latest?.snapshotId === turnId(sessionId, acknowledged) ? acknowledged : acknowledged + 1;
      expect(latest?.snapshotId).toBe(turnId(sessionId, index));
      expect(latest?.state?.messages).toEqual(messagesAfter(index));
      // A process that repeats the turn of which it does not know the outcome changes nothing else.
      const previous = acknowledged < 0 ? undefined : turnId(sessionId, acknowledged);
      parentId = await saveTurn(sessions, sessionId, acknowledged + 1, previous);
      expect((await sessions.getSnapshot({ sessionId }))?.snapshotId).toBe(parentId);
      from = acknowledged + 2;
    }
    // Genkit's own agent continues the session.
    const { text } = await echoAgent(sessions).chat({ sessionId }).send("and now?");
    expect(text).toBe(`${from + 1}: and now?`);
  });
});
