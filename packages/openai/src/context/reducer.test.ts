import { describe, expect, test } from "vitest";
import {
  chatSummarizer,
  createChatAgent,
  keepLastTurns,
  keepTokens,
  summarize,
  type ChatMessage,
  type ChatThread,
  type JsonObject,
  type Reducer,
} from "../index.ts";
import {
  calling,
  clientOf,
  completion,
  json,
  startWireServer,
  type WireServer,
} from "../model-server.test-helper.ts";

const agentName = "Assistant";
const ok = completion({ role: "assistant", content: "ok" });

function turn(name: string, rest: readonly object[] = []): object[] {
  return [{ role: "user", content: name }, ...rest, { role: "assistant", content: name.toUpperCase() }];
}

function toolTurn(name: string): object[] {
  const result = { role: "tool", tool_call_id: "1", content: `result of ${name}` };
  return turn(name, [calling(["1", "look", ""]), result]);
}

/** Sends "x" with a thread of `messages`, and gives what the model was sent of it. */
async function sentOf(
  reduce: Reducer<ChatMessage>,
  messages: readonly object[],
  state: JsonObject = {},
): Promise<{ sent: string[]; thread: ChatThread; server: WireServer }> {
  const server = await startWireServer(ok, ok, ok);
  const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
  const frame = { format: "threadstore.thread", version: 1, kind: "chat", agent: agentName };
  const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages, state }));
  await agent.run("x", thread);
  return { sent: outline(server.bodies.at(-1)), thread, server };
}

function outline(body: { [member: string]: unknown } | undefined): string[] {
  const messages = body?.["messages"] as { role: string; content: string | null }[];
  return messages.map(({ role, content }) => content ?? role);
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
  ])("of %i sends so many before the present one, and all instructions", async (turns, expected) => {
    const { sent, thread } = await sentOf(keepLastTurns(turns), three);
    expect(sent).toEqual([...expected, "x"]);
    expect(thread.messages).toHaveLength(three.length + 2);
  });

  test("takes several messages of the user for one turn", async () => {
    const messages = [{ role: "assistant", content: "Hello" }, ...turn("a"), { role: "user", content: "b1" }];
    const { sent } = await sentOf(keepLastTurns(1), [...messages, ...turn("b2")]);
    expect(sent).toEqual(["b1", "b2", "B2", "x"]);
    expect((await sentOf(keepLastTurns(3), [...messages, ...turn("b2")])).sent[0]).toBe("Hello");
  });

  test.each([-1, 1.5, Number.NaN, "2"])("of %s is refused", (turns) => {
    expect(() => keepLastTurns(turns as number)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "turns" }),
    );
  });
});

describe("keepTokens", () => {
  const count = ({ content }: ChatMessage): number => (typeof content === "string" ? content.length : 1);

  test.each<[number, string[]]>([
    // The instructions (18) and the present turn (1) are sent whatever they cost; a turn of c costs 2.
    [1, []],
    [20, []],
    [21, ["c", "C"]],
    [34, ["c", "C"]],
    [35, ["b", "assistant", "result of b", "B", "c", "C"]],
    [37, ["a", "A", "b", "assistant", "result of b", "B", "c", "C"]],
  ])("of %i sends as many whole turns as fit", async (maximum, expected) => {
    const { sent } = await sentOf(keepTokens({ maximum, count: async (message) => count(message) }), three);
    expect(sent.filter((text) => text !== "house rules" && text !== "be kind")).toEqual([...expected, "x"]);
  });

  test("counts each message once", async () => {
    const server = await startWireServer(ok, ok, ok);
    let counted = 0;
    const reduce = keepTokens<ChatMessage>({
      maximum: 100,
      count: () => {
        counted += 1;
        return 1;
      },
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
    const { thread } = await agent.run("1");
    await agent.run("2", thread);
    await agent.run("3", thread);
    expect(counted).toBe(5);
  });

  test("of a count that is none rejects, and the thread is as it was", async () => {
    const server = await startWireServer(ok);
    const reduce = keepTokens<ChatMessage>({ maximum: 1, count: () => Number.NaN });
    const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
    await expect(agent.run("1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "count" });
    expect(() => keepTokens({ maximum: 0, count: () => 1 })).toThrow("maximum");
    expect(() => keepTokens({ maximum: 1, count: 5 as never })).toThrow("count");
  });
});

describe("summarize", () => {
  const summarizer = (messages: readonly object[], { summary }: { summary: string | undefined }): string =>
    `${summary ?? ""}(${messages.map((message) => (message as { content: string }).content).join(" ")})`;

  test("sends a summary for older turns, keeps it in the thread, and goes on from it", async () => {
    const server = await startWireServer(...Array.from({ length: 8 }, () => ok));
    const reduce = summarize<ChatMessage>({ summarizer, keepTurns: 1, maximumTurns: 2 });
    const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
    let thread = agent.getNewThread();
    for (const text of ["a", "b", "c", "d"]) {
      await agent.run(text, thread);
      thread = await agent.deserializeThread(thread.serializeText());
    }
    const before = "Summary of the conversation before this:\n";
    expect(outline(server.bodies[2])).toEqual(["a", "ok", "b", "ok", "c"]);
    expect(outline(server.bodies[3])).toEqual([`${before}(a ok b ok)`, "c", "ok", "d"]);
    await agent.run("e", thread);
    expect(outline(server.bodies[4])).toEqual([`${before}(a ok b ok)`, "c", "ok", "d", "ok", "e"]);
    await agent.run("f", thread);
    expect(outline(server.bodies[5])).toEqual([`${before}(a ok b ok)(c ok d ok)`, "e", "ok", "f"]);
    expect(thread.messages).toHaveLength(12);
    expect(await thread.serialize()).toMatchObject({
      state: { reduce: { summary: "(a ok b ok)(c ok d ok)", count: 8 } },
    });
  });

  test("may keep no turn, leaves instructions out of it, and cuts no call from its result", async () => {
    const reduce = summarize<ChatMessage>({ summarizer, keepTurns: 0, maximumTurns: 1 });
    const { sent, thread } = await sentOf(reduce, three);
    expect(sent).toEqual([
      "house rules",
      "be kind",
      "Summary of the conversation before this:\n(a A b  result of b B c C)",
      "x",
    ]);
    expect(await thread.serialize()).toMatchObject({ state: { reduce: { count: three.length } } });
    const frame = (await thread.serialize())["state"] as JsonObject;
    // Taken up where it ended, though another turn is behind it now.
    const again = await sentOf(reduce, [...three, ...turn("d")], frame);
    expect(again.sent.slice(3)).toEqual(["d", "D", "x"]);
  });

  test.each<[string, JsonObject]>([
    ["is of another form", { reduce: ["x"] }],
    ["has no count", { reduce: { summary: "x" } }],
    ["ends behind the messages", { reduce: { summary: "x", count: 99 } }],
    ["ends in half", { reduce: { summary: "x", count: 1.5 } }],
    ["ends amid a call and its result", { reduce: { summary: "x", count: 6 } }],
  ])("makes a summary anew when the one in the thread %s", async (_name, state) => {
    const reduce = summarize<ChatMessage>({ summarizer, keepTurns: 1, maximumTurns: 2 });
    const { sent } = await sentOf(reduce, three, state);
    expect(sent).toEqual([
      "house rules",
      "be kind",
      "Summary of the conversation before this:\n(a A b  result of b B)",
      "c",
      "C",
      "x",
    ]);
  });

  test("rejects as its summarizer does, and the thread is as before", async () => {
    const server = await startWireServer(ok);
    const failing = new Error("no summary today");
    const reduce = summarize<ChatMessage>({
      keepTurns: 0,
      maximumTurns: 0,
      summarizer: async () => Promise.reject(failing),
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
    const { thread } = await agent.run("1");
    const before = thread.serializeText();
    await expect(agent.run("2", thread)).rejects.toBe(failing);
    expect(thread.serializeText()).toBe(before);
    const empty = summarize<ChatMessage>({ keepTurns: 0, maximumTurns: 0, summarizer: () => "" });
    const other = createChatAgent({ client: clientOf(server), model: "m", reduce: empty });
    await expect(other.run("2", thread)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("asks a model with chatSummarizer, whose failure is the run's", async () => {
    const server = await startWireServer(
      completion({ role: "assistant", content: "They spoke of a." }),
      ok,
      json({ error: {} }, 401),
    );
    const client = clientOf(server);
    const reduce = summarize<ChatMessage>({
      summarizer: chatSummarizer({ client, model: "small" }),
      keepTurns: 0,
      maximumTurns: 0,
    });
    const agent = createChatAgent({ client, model: "m", reduce });
    const frame = { format: "threadstore.thread", version: 1, kind: "chat", agent: agentName };
    const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages: turn("a") }));
    await agent.run("x", thread);
    expect(server.bodies[0]).toMatchObject({ model: "small" });
    expect(outline(server.bodies[0])[1]).toBe(JSON.stringify({ messages: turn("a") }));
    expect(outline(server.bodies[1])).toEqual([
      "Summary of the conversation before this:\nThey spoke of a.",
      "x",
    ]);
    await expect(agent.run("y", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 401 });
    expect(outline(server.bodies[2])[1]).toContain('"summary":"They spoke of a."');
  });

  test.each<[string, object]>([
    ["summarizer", { keepTurns: 1 }],
    ["keepTurns", { summarizer, keepTurns: -1 }],
    ["maximumTurns", { summarizer, keepTurns: 3, maximumTurns: 2 }],
  ])("with a wrong %s is refused", (path, options) => {
    expect(() => summarize(options as { summarizer: () => string; keepTurns: number })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });
});

describe("a reducer of one's own", () => {
  test("may add and leave out messages", async () => {
    const note: ChatMessage = { role: "user", content: "(much was said before)" };
    const { sent } = await sentOf(async ({ messages }) => [note, ...messages.slice(-2)], three);
    expect(sent).toEqual(["(much was said before)", "c", "C", "x"]);
  });

  test.each<[string, Reducer<ChatMessage>, string]>([
    ["parts a call from its result", ({ messages }) => messages.slice(0, 6), "reduce[5].tool_calls"],
    ["leaves a result alone", ({ messages }) => messages.slice(6), "reduce[0]"],
    ["takes out a result", ({ messages }) => messages.toSpliced(6, 1), "reduce[5].tool_calls"],
    ["gives nothing", () => undefined as never, "reduce"],
    ["gives what is no message", ({ messages }) => [...messages, {} as never], "reduce[10].role"],
  ])("that %s is refused with the path, and nothing is sent", async (_name, reduce, path) => {
    const server = await startWireServer();
    const agent = createChatAgent({ client: clientOf(server), model: "m", reduce });
    const frame = { format: "threadstore.thread", version: 1, kind: "chat", agent: agentName };
    const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages: three }));
    await expect(agent.run("x", thread)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
    expect(server.bodies).toHaveLength(0);
  });

  test("is no reducer unless it is a function", () => {
    const client = clientOf({ url: "http://127.0.0.1:9" });
    expect(() => createChatAgent({ client, model: "m", reduce: 5 as never })).toThrow("reduce");
  });
});
