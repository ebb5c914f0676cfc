import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IS_QUICK, openStore, type StoreLocation } from "@threadstore/test-stores";
import { describe, expect, it, onTestFinished } from "vitest";
import { click, type Clicks, payingAgent } from "./approval-child.test-helper.ts";
import { openConversation } from "./open-conversation.ts";
import type { Task } from "./process-child.test-helper.ts";
import { deleteLease, messagesIn, runChild, runHere, runProgram } from "./processes.test-helper.ts";

async function createFiles(): Promise<{ location: StoreLocation; log: string }> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-conversation-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "log"), "");
  return { location: { kind: "sqlite", path: join(folder, "threads.db") }, log: join(folder, "log") };
}

function inputsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

describe("two processes that use one conversation concurrently", () => {
  it.each<[string, number, Partial<Task>]>([
    ["rebase", IS_QUICK ? 50 : 100, { onConflict: "rebase" }],
    ["retry", 25, { onConflict: "retry" }],
    ["a lease", 25, { lease: true }],
  ])("lose nothing with %s", async (_name, count, options) => {
    const { location } = await createFiles();
    const names = ["a", "b"];
    const end = runChild(location, { ...options, inputs: inputsOf("a", count) });
    await runHere(location, { ...options, inputs: inputsOf("b", count) });
    expect(await end).toBe(0);
    const messages = await messagesIn(location);
    const inputs = messages.filter(({ role }) => role === "user").map(({ content }) => content ?? "");
    expect(inputs.toSorted()).toEqual(names.flatMap((name) => inputsOf(name, count)).toSorted());
    for (const name of names) {
      expect(inputs.filter((input) => input.startsWith(name))).toEqual(inputsOf(name, count));
    }
    // Each turn stays together: the answer follows its input directly.
    const answers = messages.flatMap(({ role }, index) =>
      role === "user" ? messages.slice(index + 1, index + 2).map(({ content }) => content) : [],
    );
    expect(answers).toEqual(inputs.map((input) => `re: ${input}`));
  });
});

describe("a process that is killed during a journaled turn", () => {
  const saves = [1, 2, 3, 4, 5, 6].flatMap((save) => [
    { save, when: "before" },
    { save, when: "after" },
  ]);
  const tools = ["left", "right", "last"].map((when) => ({ save: 0, when }));

  it.each([...saves, ...tools])(
    "$when save $save: the next process continues the turn and repeats no call whose result was saved",
    async (killAt) => {
      const { location, log } = await createFiles();
      const end = await runChild(location, { journal: true, inputs: ["go"], killAt, log });
      // Results that arrive together are saved together, so the last saves may not happen.
      expect(killAt.save >= 5 ? ["SIGKILL", 0] : ["SIGKILL"]).toContain(end);
      const saved = await messagesIn(location);
      const savedResults = saved.filter(({ role }) => role === "tool").map(({ content }) => content);

      await deleteLease(location);
      await runHere(location, { journal: true, inputs: ["and?"], log });
      const messages = await messagesIn(location);
      const hasFirstTurn = saved.length > 0;
      const results = ["left done", "right done", "last done"];
      expect(messages.filter(({ role }) => role === "tool").map(({ content }) => content)).toEqual(
        hasFirstTurn ? [...results, ...results] : results,
      );
      expect(messages.filter(({ content }) => content === "done")).toHaveLength(hasFirstTurn ? 2 : 1);
      expect(saved.filter(({ role }) => role === "user")).toHaveLength(hasFirstTurn ? 1 : 0);

      // Only a tool whose result was not saved may run again, with its operation id.
      const operations = (await readFile(log, "utf8")).trim().split("\n");
      const runs = new Map<string, number>();
      for (const operation of operations) runs.set(operation, (runs.get(operation) ?? 0) + 1);
      for (const [operation, count] of runs) {
        const [name = ""] = operation.split(" ");
        const isFirstTurn = operation === operations.find((each) => each.startsWith(`${name} `));
        const mayRunAgain = isFirstTurn && hasFirstTurn && !savedResults.includes(`${name} done`);
        expect(count, operation).toBeLessThanOrEqual(mayRunAgain ? 2 : 1);
      }
    },
  );

  it("and again after closing that turn: nothing runs again, and it is closed once", async () => {
    const { location, log } = await createFiles();
    const killedIn = async (inputs: string[], killAt: Task["killAt"], openTurn?: Task["openTurn"]) => {
      expect(await runChild(location, { journal: true, inputs, killAt, log, openTurn })).toBe("SIGKILL");
      await deleteLease(location);
    };
    await killedIn(["go"], { save: 0, when: "left" });
    const before = (await readFile(log, "utf8")).trim().split("\n").length;
    await killedIn(["next"], { save: 1, when: "after" }, "close");
    const task = { journal: true, log, openTurn: "close" } as const;
    await runHere(location, { ...task, inputs: ["and?"] });
    const messages = await messagesIn(location);
    expect(messages.filter(({ role }) => role === "user").map(({ content }) => content)).toEqual([
      "go",
      "and?",
    ]);
    expect(messages.filter(({ content }) => content?.startsWith("(This turn was ended"))).toHaveLength(1);
    // The three tools of the last turn.
    expect((await readFile(log, "utf8")).trim().split("\n")).toHaveLength(before + 3);
  });

  it("blocks the conversation only until its lease expires", async () => {
    const { location, log } = await createFiles();
    const killAt = { save: 2, when: "after" };
    await runChild(location, { journal: true, leaseMs: 500, inputs: ["go"], killAt, log });
    await runHere(location, { journal: true, inputs: ["and?"], log });
    expect((await messagesIn(location)).filter(({ content }) => content === "done")).toHaveLength(2);
  });
});

describe("two processes that receive the same messages with keys", () => {
  it("start one turn for each, although one of them is killed", async () => {
    const { location, log } = await createFiles();
    const inputs = inputsOf("m", 6);
    const task = { journal: true, hasKeys: true, inputs, log };
    // The tool of the first turn kills its process.
    expect(await runChild(location, { ...task, killAt: { save: 0, when: "left" } })).toBe("SIGKILL");
    await deleteLease(location);
    expect(await Promise.all([runChild(location, task), runHere(location, task)])).toEqual([0, undefined]);
    const messages = await messagesIn(location);
    const users = messages.filter(({ role }) => role === "user").map(({ content }) => content);
    expect(users).toHaveLength(inputs.length);
    expect(new Set(users)).toEqual(new Set(inputs));
    expect(messages.filter(({ content }) => content === "done")).toHaveLength(inputs.length);
    // Only the tools of the process that was killed ran twice, with the same operation ids.
    const operations = (await readFile(log, "utf8")).trim().split("\n");
    expect(new Set(operations).size).toBe(18);
    expect(operations.length).toBeLessThanOrEqual(20);
  });
});

describe("two processes that receive the same approvals", () => {
  it("run each approved call at most once, and no other, although they are killed while a call runs", async () => {
    const { location, log } = await createFiles();
    await using store = await openStore(location);
    const agent = payingAgent(log);
    const ids = Array.from({ length: 60 }, (_, index) => `c${index}`);
    const isApproved = (id: string): boolean => !id.endsWith("5");
    const decisions: Clicks["decisions"][number][] = [];
    for (const id of ids) {
      const { approvals } = await openConversation({ agent, store, id }).run(id);
      decisions.push({ id, approvals: approvals.map((call) => ({ ...call, approved: isApproved(id) })) });
    }
    const dieIn = ["c20", "c40"];
    let deaths = 0;
    const clickInChild = async (clicks: Clicks) =>
      runProgram("approval-child", JSON.stringify(location), log, JSON.stringify(clicks));
    const clickAndDie = async () => {
      const end = await clickInChild({ decisions, dieIn });
      // The lease of the process would expire, but only after a minute.
      if (end === "SIGKILL") await deleteLease(location, dieIn[deaths++]);
      return end;
    };
    expect(await Promise.all([clickAndDie(), clickAndDie()])).toContain("SIGKILL");
    // Each process that died is followed by one that receives everything again.
    await Promise.all([clickInChild({ decisions }), click(store, log, { decisions })]);

    const paid = (await readFile(log, "utf8")).trim().split("\n");
    expect(paid.toSorted()).toEqual([...new Set(paid)].toSorted());
    expect(paid.filter((id) => !isApproved(id))).toEqual([]);
    for (const id of ids) {
      const conversation = openConversation({ agent, store, id });
      if ((await conversation.load())?.thread.openTurn !== undefined) {
        await store.namespace("threadstore-leases").delete(id);
        await conversation.resume();
      }
      const messages = (await conversation.load())?.thread.messages ?? [];
      expect(messages.at(-1)?.content, id).toBe("done");
      const result = messages.find(({ role }) => role === "tool")?.content ?? "";
      expect(result, id).toMatch(isApproved(id) ? /^(?:paid|This call was interrupted)/u : /not approved/u);
    }
    expect(await readFile(log, "utf8")).toBe(`${paid.join("\n")}\n`);
  });
});
