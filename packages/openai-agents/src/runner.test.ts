import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Agent, assistant, MemorySession, Runner, RunState, type Session } from "@openai/agents-core";
import { ScriptedModel } from "@openai/agents-core/testing";
import { OpenAIResponsesCompactionSession } from "@openai/agents-openai";
import { memoryStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { OpenAI } from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { threadSession } from "./index.ts";
import {
  agentWith,
  isPaired,
  kinds,
  lastMessages,
  type Protocol,
  protocols,
  runnerOf,
  startModelServer,
  temporaryFolder,
} from "./tools.test-helper.ts";

/** Runs into an approval, runs another turn, approves, and continues the conversation. */
async function talkDuringApproval(protocol: Protocol, session: () => Session): Promise<unknown> {
  const mock = await startModelServer();
  mock.on({ userMessage: "hello" }, { content: "Hi." });
  mock.on({ hasToolResult: true, userMessage: "remove" }, { content: "Removed." });
  mock.on({ userMessage: "remove" }, { toolCalls: [{ name: "remove", arguments: '{"file":"a"}' }] });
  const runner = runnerOf(mock.url, protocol);
  const agent = agentWith();
  const { state } = await runner.run(agent, "remove a", { session: session() });
  await runner.run(agent, "hello", { session: session() });
  for (const interruption of state.getInterruptions()) state.approve(interruption);
  await runner.run(agent, state, { session: session() });
  const continued = runner.run(agent, "hello", { session: session() });
  return continued.then(
    ({ finalOutput }) => finalOutput,
    (error: unknown) => (error as { status?: number }).status,
  );
}

interface Streamed {
  toTextStream(): AsyncIterable<string>;
  readonly completed: Promise<void>;
}

/** Returns the text of a streamed run after it has ended. */
async function textOf(streamed: Streamed): Promise<string> {
  let text = "";
  for await (const delta of streamed.toTextStream()) text += delta;
  await streamed.completed;
  return text;
}

describe.each(protocols)("with %s", (protocol) => {
  test("a conversation with tools continues in another session object, streamed or not", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "thanks" }, { content: "Welcome." });
    mock.on({ hasToolResult: true, userMessage: "Rome" }, { content: "Blue sky in Rome." });
    mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
    mock.on({ userMessage: "Oslo" }, { content: "No idea." });
    const store = sqliteStore({ path: join(temporaryFolder(), "threads.db") });
    onTestFinished(() => store.close());
    const runner = runnerOf(mock.url, protocol);
    const agent = agentWith();

    const first = await runner.run(agent, "weather in Rome", {
      session: threadSession({ store, id: "talk" }),
    });
    expect(first.finalOutput).toBe("Blue sky in Rome.");
    const session = threadSession({ store, id: "talk" });
    const second = await runner.run(agent, "and in Oslo?", { session, stream: true });
    expect(await textOf(second)).toBe("No idea.");
    const third = await runner.run(agent, "thanks", { session: threadSession({ store, id: "talk" }) });
    expect(third.finalOutput).toBe("Welcome.");

    const sent = lastMessages(mock);
    expect(sent.map(({ role }) => role).join(" ")).toBe(
      "system user assistant tool assistant user assistant user",
    );
    expect(sent[3]?.content).toBe("Rome: blue sky");
    expect(kinds(await session.getItems()).map((kind) => kind.split(" ")[0])).toEqual([
      "user",
      "function_call",
      "function_call_result",
      "assistant",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
  });

  test("an approval is answered later, with the run state saved next to the session", async () => {
    const mock = await startModelServer();
    mock.on({ hasToolResult: true, userMessage: "remove" }, { content: "Removed." });
    mock.on({ userMessage: "remove" }, { toolCalls: [{ name: "remove", arguments: '{"file":"a"}' }] });
    const store = memoryStore();
    const runs = store.namespace("runs");
    const interrupted = await runnerOf(mock.url, protocol).run(agentWith(), "remove a", {
      session: threadSession({ store, id: "talk" }),
    });
    expect(interrupted.interruptions).toHaveLength(1);
    await runs.save("talk", interrupted.state.toString());

    const removed: string[] = [];
    const agent = agentWith({ remove: (file) => `${removed.push(file)} removed` });
    const stored = await runs.load("talk");
    expect(await runs.delete("talk", { previous: stored })).toBe(true);
    const state = await RunState.fromString(agent, stored?.json ?? "");
    for (const interruption of state.getInterruptions()) state.approve(interruption);
    const session = threadSession({ store, id: "talk" });
    const answered = await runnerOf(mock.url, protocol).run(agent, state, { session });
    expect(answered.finalOutput).toBe("Removed.");
    expect(removed).toEqual(["a"]);
    const order = kinds(await session.getItems()).map((kind) => kind.split(" ")[0]);
    expect(order).toEqual(["user", "function_call", "function_call_result", "assistant"]);
  });

  test("a turn added while an approval is pending leaves a session that providers accept", async () => {
    const store = memoryStore();
    const answer = await talkDuringApproval(protocol, () => threadSession({ store, id: "talk" }));
    expect(answer).toBe("Hi.");
  });

  test("a failed model request leaves the session unchanged, or with the user's message if streaming", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "hello" }, { content: "Hi." });
    mock.on({ userMessage: "fail" }, { error: { message: "down", type: "server_error" }, status: 500 });
    const runner = runnerOf(mock.url, protocol);
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await runner.run(agentWith(), "hello", { session });
    await expect(runner.run(agentWith(), "fail", { session })).rejects.toMatchObject({ status: 500 });
    expect(kinds(await session.getItems())).toEqual(["user", "assistant"]);
    const streamed = await runner.run(agentWith(), "fail", { session, stream: true });
    await expect(textOf(streamed)).rejects.toMatchObject({ status: 500 });
    expect(kinds(await session.getItems())).toEqual(["user", "assistant", "user"]);
    const again = await runner.run(agentWith(), "hello", { session });
    expect(again.finalOutput).toBe("Hi.");
  });

  test("the SDK leaves out a call without a result, and sends it once it is answered", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "hello" }, { content: "Hi." });
    mock.on({ userMessage: "remove" }, { toolCalls: [{ name: "remove", arguments: '{"file":"a"}' }] });
    const runner = runnerOf(mock.url, protocol);
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await runner.run(agentWith(), "remove a", { session });
    await runner.run(agentWith(), "hello", { session });
    expect(lastMessages(mock).map(({ role }) => role)).toEqual(["system", "user", "user"]);

    expect(await session.answerOpenCalls("Nobody answered.")).toHaveLength(1);
    await runner.run(agentWith(), "hello", { session });
    const sent = lastMessages(mock);
    expect(isPaired(sent)).toBe(true);
    const roles = sent.map(({ role }) => role).join(" ");
    expect(roles).toBe("system user assistant tool user assistant user");
    expect(sent[3]?.content).toBe("Nobody answered.");
  });
});

test("with the SDK's MemorySession, the provider rejects the conversation after such a turn", async () => {
  // Once this fails, tool results no longer have to be inserted after their calls.
  const memory = new MemorySession();
  expect(await talkDuringApproval("chat completions", () => memory)).toBe(400);
});

test("an output that a guardrail blocks is recorded as one transaction, and the session continues", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "hello" }, { content: "Hi." });
  mock.on({ hasToolResult: true, userMessage: "Rome" }, { content: "A secret." });
  mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const execute = ({ agentOutput }: { agentOutput: unknown }) =>
    Promise.resolve({ tripwireTriggered: agentOutput === "A secret.", outputInfo: {} });
  const agent = agentWith().clone({ outputGuardrails: [{ name: "secrets", execute }] });
  const runner = runnerOf(mock.url, "chat completions");
  const store = memoryStore();
  const session = threadSession({ store, id: "talk" });
  const blocked = runner.run(agent, "weather in Rome", { session });
  await expect(blocked).rejects.toMatchObject({ name: "OutputGuardrailTripwireTriggered" });
  const thread = (await store.load("talk"))?.thread ?? {};
  expect(Object.keys(thread["operations"] ?? {})).toEqual([expect.stringMatching(/blocked_append/u)]);
  expect(JSON.stringify(thread)).not.toContain("A secret.");
  expect((await runner.run(agent, "hello", { session })).finalOutput).toBe("Hi.");
});

test("requests start with the latest compaction of the service, and the thread keeps older items", async () => {
  const compaction = { type: "compaction", encrypted_content: "gAAAA", id: "cmp_1" } as const;
  const model = new ScriptedModel([
    [assistant("Hi.")],
    [compaction, assistant("Compacted.")],
    [assistant("Yes.")],
  ]);
  const agent = new Agent({ name: "Assistant", model });
  const runner = new Runner({ tracingDisabled: true });
  const store = memoryStore();
  for (const text of ["hello", "compact", "still there?"]) {
    await runner.run(agent, text, { session: threadSession({ store, id: "talk" }) });
  }
  const sent = model.calls.at(-1)?.request.input as object[];
  expect(kinds(sent)).toEqual(["compaction", "assistant", "user"]);
  const items = await threadSession({ store, id: "talk" }).getItems();
  expect(kinds(items)).toEqual(["user", "assistant", "compaction", "assistant", "user", "assistant"]);
});

test("OpenAIResponsesCompactionSession compacts the session", async () => {
  const output = [
    { id: "u", type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] },
    { id: "cmp_1", type: "compaction", encrypted_content: "gAAAA" },
  ];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ id: "r", object: "response.compaction", created_at: 1, output, usage: {} }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "k", maxRetries: 0 });
  const store = memoryStore();
  const underlyingSession = threadSession({ store, id: "talk" });
  const session = new OpenAIResponsesCompactionSession({ client, underlyingSession, model: "gpt-4o" });
  await session.addItems([{ type: "message", role: "user", content: "hello" }, assistant("Hi.")]);
  await session.runCompaction({ force: true, compactionMode: "input" });
  expect(kinds(await threadSession({ store, id: "talk" }).getItems())).toEqual(["user", "compaction"]);

  // The function of the README.
  const compacting = threadSession({
    store,
    id: "other",
    compact: async ({ items }) => {
      const copied = new MemorySession({ initialItems: items });
      const copy = new OpenAIResponsesCompactionSession({
        client,
        underlyingSession: copied,
        model: "gpt-4o",
      });
      const result = await copy.runCompaction({ force: true, compactionMode: "input" });
      return { items: await copied.getItems(), usage: result?.usage };
    },
  });
  const agent = new Agent({ name: "Assistant", model: new ScriptedModel([[assistant("Hi.")]]) });
  await new Runner({ tracingDisabled: true }).run(agent, "hello", { session: compacting });
  expect(kinds(await threadSession({ store, id: "other" }).getItems())).toEqual(["user", "compaction"]);
});
