import type { JsonObject } from "@threadstore/core/documents";
import { describe, expect, test } from "vitest";
import {
  callMessage,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedMessage,
  type ScriptedModel,
  type ScriptedThread,
} from "../scripted-agent.test-helper.ts";
import { keepLastTurns, keepTokens, type HistoryReducer } from "./history-reducer.ts";
import { summarize } from "./summarize.ts";

const agentName = "Assistant";
const ok = says("ok");

function turn(name: string, rest: readonly object[] = []): object[] {
  return [{ role: "user", content: name }, ...rest, { role: "assistant", content: name.toUpperCase() }];
}

function toolTurn(name: string): object[] {
  const result = { role: "tool", tool_call_id: "1", content: `result of ${name}` };
  return turn(name, [callMessage(["1", "look", ""]), result]);
}

/** Sends "x" with a thread of `messages`, and gives what the model was sent of it. */
async function sentOf(
  reducer: HistoryReducer<ScriptedMessage>,
  messages: readonly object[],
  state: JsonObject = {},
): Promise<{ sent: string[]; thread: ScriptedThread; model: ScriptedModel }> {
  const model = scriptModel(ok, ok, ok);
  const agent = scriptedAgent(model, { reduceHistory: reducer });
  const frame = { format: "threadstore.thread", version: 1, kind: "scripted", agent: agentName };
  const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages, state }));
  await agent.run("x", thread);
  return { sent: outline(model.requests.at(-1)), thread, model };
}

function outline(request: ScriptedModel["requests"][number] | undefined): string[] {
  return (request?.messages ?? []).map(({ role, content }) => content ?? role);
}

const system = { role: "system", content: "house rules" };
const developer = { role: "developer", content: "be kind" };
const three = [system, ...turn("a"), developer, ...toolTurn("b"), ...turn("c")];

describe("keepLastTurns", () => {
  test.each<[number, string[]]>([
    [0, ["house rules", "be kind"]],
    [1, ["house rules", "be kind", "c", "C"]],
    [2, ["house rules", "be kind", "b", "assistant", "result of b", "B", "c", "C"]],
    [3, ["house rules", "a", "A", "be kind", "b", "assistant", "result of b", "B", "c", "C"]],
    [9, ["house rules", "a", "A", "be kind", "b", "assistant", "result of b", "B", "c", "C"]],
  ])("of %i sends that many turns before the current one, and all instructions", async (turns, expected) => {
    const { sent, thread } = await sentOf(keepLastTurns(turns), three);
    expect(sent).toEqual([...expected, "x"]);
    expect(thread.messages).toHaveLength(three.length + 2);
  });

  test("counts several user messages as one turn", async () => {
    const messages = [{ role: "assistant", content: "Hello" }, ...turn("a"), { role: "user", content: "b1" }];
    const { sent } = await sentOf(keepLastTurns(1), [...messages, ...turn("b2")]);
    expect(sent).toEqual(["b1", "b2", "B2", "x"]);
    expect((await sentOf(keepLastTurns(3), [...messages, ...turn("b2")])).sent[0]).toBe("Hello");
  });

  test.each([-1, 1.5, Number.NaN, "2"])("rejects %s", (turns) => {
    expect(() => keepLastTurns(turns as number)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "turns" }),
    );
  });
});

describe("keepTokens", () => {
  const count = ({ content }: ScriptedMessage): number => (typeof content === "string" ? content.length : 1);

  test.each<[number, string[]]>([
    // The instructions (18) and the current turn (1) are always sent. The turn of c costs 2.
    [1, []],
    [20, []],
    [21, ["c", "C"]],
    [34, ["c", "C"]],
    [35, ["b", "assistant", "result of b", "B", "c", "C"]],
    [37, ["a", "A", "b", "assistant", "result of b", "B", "c", "C"]],
  ])("of %i sends as many complete turns as fit", async (maximum, expected) => {
    const { sent } = await sentOf(keepTokens({ maximum, count: async (message) => count(message) }), three);
    expect(sent.filter((text) => text !== "house rules" && text !== "be kind")).toEqual([...expected, "x"]);
  });

  test("counts each message once", async () => {
    const model = scriptModel(ok, ok, ok);
    let counted = 0;
    const reducer = keepTokens<ScriptedMessage>({
      maximum: 100,
      count: () => {
        counted += 1;
        return 1;
      },
    });
    const agent = scriptedAgent(model, { reduceHistory: reducer });
    const { thread } = await agent.run("1");
    await agent.run("2", thread);
    await agent.run("3", thread);
    expect(counted).toBe(5);
  });

  test("rejects a count that is not a number", async () => {
    const model = scriptModel(ok);
    const reducer = keepTokens<ScriptedMessage>({ maximum: 1, count: () => Number.NaN });
    const agent = scriptedAgent(model, { reduceHistory: reducer });
    await expect(agent.run("1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "count" });
    expect(() => keepTokens({ maximum: 0, count: () => 1 })).toThrow("maximum");
    expect(() => keepTokens({ maximum: 1, count: 5 as never })).toThrow("count");
  });
});

describe("summarize", () => {
  const summarizer = (messages: readonly object[], { summary }: { summary: string | undefined }): string =>
    `${summary ?? ""}(${messages.map((message) => (message as { content: string }).content).join(" ")})`;

  test("replaces older turns with a summary that it stores and extends", async () => {
    const model = scriptModel(...Array.from({ length: 8 }, () => ok));
    const reducer = summarize<ScriptedMessage>({ summarizer, keepTurns: 1, maximumTurns: 2 });
    const agent = scriptedAgent(model, { reduceHistory: reducer });
    let thread = agent.getNewThread();
    for (const text of ["a", "b", "c", "d"]) {
      await agent.run(text, thread);
      thread = await agent.deserializeThread(JSON.stringify(thread));
    }
    const before = "Summary of the earlier conversation:\n";
    expect(outline(model.requests[2])).toEqual(["a", "ok", "b", "ok", "c"]);
    expect(outline(model.requests[3])).toEqual([`${before}(a ok b ok)`, "c", "ok", "d"]);
    await agent.run("e", thread);
    expect(outline(model.requests[4])).toEqual([`${before}(a ok b ok)`, "c", "ok", "d", "ok", "e"]);
    await agent.run("f", thread);
    expect(outline(model.requests[5])).toEqual([`${before}(a ok b ok)(c ok d ok)`, "e", "ok", "f"]);
    expect(thread.messages).toHaveLength(12);
    expect(await thread.serialize()).toMatchObject({
      state: { reduce: { summary: "(a ok b ok)(c ok d ok)", count: 8 } },
    });
  });

  test("can replace all turns, without instructions and without separating a call from its result", async () => {
    const reducer = summarize<ScriptedMessage>({ summarizer, keepTurns: 0, maximumTurns: 1 });
    const { sent, thread } = await sentOf(reducer, three);
    expect(sent).toEqual([
      "house rules",
      "be kind",
      "Summary of the earlier conversation:\n(a A b  result of b B c C)",
      "x",
    ]);
    expect(await thread.serialize()).toMatchObject({ state: { reduce: { count: three.length } } });
    const frame = (await thread.serialize())["state"] as JsonObject;
    // The stored summary is still valid after another turn.
    const again = await sentOf(reducer, [...three, ...turn("d")], frame);
    expect(again.sent.slice(3)).toEqual(["d", "D", "x"]);
  });

  test.each<[string, JsonObject]>([
    ["has another form", { reduce: ["x"] }],
    ["lacks a count", { reduce: { summary: "x" } }],
    ["ends after the last message", { reduce: { summary: "x", count: 99 } }],
    ["has a fractional count", { reduce: { summary: "x", count: 1.5 } }],
    ["ends between a call and its result", { reduce: { summary: "x", count: 6 } }],
  ])("makes a new summary if the stored one %s", async (_name, state) => {
    const reducer = summarize<ScriptedMessage>({ summarizer, keepTurns: 1, maximumTurns: 2 });
    const { sent } = await sentOf(reducer, three, state);
    expect(sent).toEqual([
      "house rules",
      "be kind",
      "Summary of the earlier conversation:\n(a A b  result of b B)",
      "c",
      "C",
      "x",
    ]);
  });

  test("rejects with the error of its summarizer, and the thread is unchanged", async () => {
    const model = scriptModel(ok);
    const failing = new Error("no summary today");
    const reducer = summarize<ScriptedMessage>({
      keepTurns: 0,
      maximumTurns: 0,
      summarizer: async () => Promise.reject(failing),
    });
    const agent = scriptedAgent(model, { reduceHistory: reducer });
    const { thread } = await agent.run("1");
    const before = JSON.stringify(thread);
    await expect(agent.run("2", thread)).rejects.toBe(failing);
    expect(JSON.stringify(thread)).toBe(before);
    const empty = summarize<ScriptedMessage>({ keepTurns: 0, maximumTurns: 0, summarizer: () => "" });
    const other = scriptedAgent(model, { reduceHistory: empty });
    await expect(other.run("2", thread)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test.each<[string, object]>([
    ["summarizer", { keepTurns: 1 }],
    ["keepTurns", { summarizer, keepTurns: -1 }],
    ["maximumTurns", { summarizer, keepTurns: 3, maximumTurns: 2 }],
  ])("rejects an invalid %s", (path, options) => {
    expect(() => summarize(options as { summarizer: () => string; keepTurns: number })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });
});

describe("a custom reducer", () => {
  test("can add and remove messages", async () => {
    const note: ScriptedMessage = { role: "user", content: "(much was said before)" };
    const { sent } = await sentOf(async ({ messages }) => [note, ...messages.slice(-2)], three);
    expect(sent).toEqual(["(much was said before)", "c", "C", "x"]);
  });

  test.each<[string, HistoryReducer<ScriptedMessage>, string]>([
    [
      "separates a call from its result",
      ({ messages }) => messages.slice(0, 6),
      "reduceHistory[5].tool_calls",
    ],
    ["keeps a result without its call", ({ messages }) => messages.slice(6), "reduceHistory[0]"],
    ["removes a result", ({ messages }) => messages.toSpliced(6, 1), "reduceHistory[5].tool_calls"],
    ["returns undefined", () => undefined as never, "reduceHistory"],
    ["returns an invalid message", ({ messages }) => [...messages, {} as never], "reduceHistory[10].role"],
  ])("that %s is rejected with the path, and nothing is sent", async (_name, reducer, path) => {
    const model = scriptModel();
    const agent = scriptedAgent(model, { reduceHistory: reducer });
    const frame = { format: "threadstore.thread", version: 1, kind: "scripted", agent: agentName };
    const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages: three }));
    await expect(agent.run("x", thread)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
    expect(model.requests).toHaveLength(0);
  });

  test("must be a function", () => {
    expect(() => scriptedAgent(scriptModel(), { reduceHistory: 5 as never })).toThrow("reduce");
  });
});
