import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { IS_QUICK, NETWORKED, type StoreLocation } from "@threadstore/test-stores";
import { describeStores, type StoreSelection } from "@threadstore/test-stores/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { click, type Clicks, payingAgent } from "./approval-child.test-helper.ts";
import { openConversation } from "./open-conversation.ts";
import { performTask, type Task } from "./process-child.test-helper.ts";
import { deleteLease, messagesIn, runChild, runProgram } from "./processes.test-helper.ts";

// What processes.test.ts proves on SQLite at every step, at a few steps on each store: it must keep the same promises.

/** Without SQLite, which processes.test.ts uses, and memory, which processes do not share. */
const STORES: StoreSelection = { full: ["file-system", ...NETWORKED], quick: ["file-system", "redis"] };

/** The moments at which a process is killed. The first has the most to lose: a tool runs, and nothing says so but the claim. */
const KILLS: readonly NonNullable<Task["killAt"]>[] = [
  { save: 0, when: "left" },
  { save: 1, when: "after" },
  { save: 2, when: "before" },
  { save: 3, when: "after" },
];

const INPUTS = ["m 0", "m 1", "m 2"];

await describeStores("conversations", STORES, (opened) => {
  let folder = "";
  let location: StoreLocation;
  let store: ThreadStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-stores-"));
    location = opened.location();
    store = opened.store();
  });

  afterAll(async () => rm(folder, { recursive: true, force: true }));

  async function newLog(): Promise<string> {
    const log = join(folder, `${randomUUID()}.log`);
    await writeFile(log, "");
    return log;
  }

  async function linesOf(log: string): Promise<string[]> {
    return (await readFile(log, "utf8")).trim().split("\n");
  }

  it.each(IS_QUICK ? KILLS.slice(0, 1) : KILLS)(
    "messages with keys start one turn each, although a process is killed $when save $save, and two receive them at once",
    async (killAt) => {
      const log = await newLog();
      await store.delete("c");
      const task: Task = { hasKeys: true, inputs: INPUTS, log };
      expect(await runChild(location, { ...task, killAt })).toBe("SIGKILL");
      await deleteLease(location);
      await Promise.all([runChild(location, task), performTask(store, task)]);
      const messages = await messagesIn(location);
      const users = messages.filter(({ role }) => role === "user").map(({ content }) => content ?? "");
      expect(users.toSorted()).toEqual(INPUTS);
      expect(messages.filter(({ content }) => content === "done")).toHaveLength(INPUTS.length);
      // Only tools that ran when their process was killed run twice, with the same operation ids.
      const operations = await linesOf(log);
      expect(new Set(operations).size).toBe(3 * INPUTS.length);
      expect(operations.length).toBeLessThanOrEqual(3 * INPUTS.length + 2);
    },
  );

  it("approvals that two processes receive run each call at most once, although one is killed in a call", async () => {
    const log = await newLog();
    const agent = payingAgent(log);
    const ids = Array.from({ length: IS_QUICK ? 4 : 20 }, (_, index) => `pay-${index}`);
    const decisions: Clicks["decisions"][number][] = [];
    for (const id of ids) {
      const { approvals } = await openConversation({ agent, store, id }).run(id);
      decisions.push({ id, approvals: approvals.map((call) => ({ ...call, approved: true })) });
    }
    const clickInChild = async (clicks: Clicks) =>
      runProgram("approval-child", JSON.stringify(location), log, JSON.stringify(clicks));
    if (!IS_QUICK) {
      await clickInChild({ decisions, dieIn: ids });
      const [killedIn = ""] = await linesOf(log);
      await deleteLease(location, killedIn);
    }
    await Promise.all([clickInChild({ decisions }), click(store, log, { decisions })]);
    expect((await linesOf(log)).toSorted()).toEqual(ids.toSorted());
    for (const id of ids) {
      const conversation = openConversation({ agent, store, id });
      if ((await conversation.load())?.thread.openTurn !== undefined) await conversation.resume();
      const messages = (await conversation.load())?.thread.messages ?? [];
      expect(messages.at(-1)?.content, id).toBe("done");
    }
    expect(await linesOf(log)).toHaveLength(ids.length);
  });
});
