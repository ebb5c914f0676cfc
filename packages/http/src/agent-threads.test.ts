import { defineTool, openConversation } from "@threadstore/agent";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import {
  calls,
  says,
  scriptedAgent,
  type ScriptedAgent,
  scriptModel,
} from "../../agent/dist/scripted-agent.test-helper.js";
import { type ForkRequest, threadHandler, type ThreadHandlerOptions } from "./index.ts";

type Post = (path: string, body: object, headers?: object) => Promise<Response>;

const store = (): ThreadStore => memoryStore();

function poster(threads: ThreadStore, options: Partial<ThreadHandlerOptions> = {}): Post {
  const handler = threadHandler({
    authorize: () => threads,
    append: ({ elements }) => ({ elements, create: { messages: [] } }),
    ...options,
  });
  return (path, body, headers = {}) =>
    handler(
      new Request(`http://localhost/threads${path}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }),
    );
}

/** The application's decision in the README. */
function copyUnshared({ stored }: ForkRequest): Response | object {
  const { turn, service, history, keys: _keys, ...document } = stored.thread;
  const isShared = turn !== undefined || service !== undefined || history !== undefined;
  return isShared ? new Response(null, { status: 409 }) : document;
}

function answering(): ScriptedAgent {
  return scriptedAgent(scriptModel(says("1"), says("2"), says("3"), says("4")));
}

function paying(pay: () => string): ScriptedAgent {
  const tool = defineTool({ name: "pay", parameters: { type: "object" }, run: pay, needsApproval: true });
  return scriptedAgent(scriptModel(calls(["call_1", "pay", "{}"]), says("Paid.")), { tools: [tool] });
}

const THREADS: readonly [string, (threads: ThreadStore) => Promise<unknown>, forkStatus: number][] = [
  [
    "whose messages are the last member",
    (threads) => openConversation({ agent: answering(), store: threads, id: "x" }).run("one"),
    201,
  ],
  [
    "followed by keys",
    async (threads) => {
      const conversation = openConversation({ agent: answering(), store: threads, id: "x" });
      await conversation.run("one", { key: "k1" });
      await conversation.run("two", { key: "k2" });
    },
    201,
  ],
  [
    "followed by an open turn",
    (threads) => openConversation({ agent: paying(() => "ok"), store: threads, id: "x" }).run("Pay."),
    409,
  ],
];

describe.each(THREADS)("a thread of an agent %s", (_, run, forkStatus) => {
  test.each([{}, { "if-match": "*" }, { "idempotency-key": "1" }])(
    "is not appended to, with the headers %j",
    async (headers) => {
      const ann = store();
      await run(ann);
      const before = await ann.load("x");
      const response = await poster(ann)(
        "/x/elements",
        { elements: [{ role: "user", content: "?" }] },
        headers,
      );
      expect([response.status, await response.json()]).toMatchObject([409, { code: "AGENT_THREAD" }]);
      expect((await ann.load("x"))?.version).toBe(before?.version);
    },
  );

  test("is not forked without the application's decision, and never cut", async () => {
    const ann = store();
    await run(ann);
    const response = await poster(ann)("/x/fork", { id: "y" });
    expect([response.status, await response.json()]).toMatchObject([409, { code: "AGENT_THREAD" }]);
    expect((await poster(ann, { fork: copyUnshared })("/x/fork", { id: "y", length: 1 })).status).toBe(400);
    expect(await ann.load("y")).toBeUndefined();
    expect((await poster(ann, { fork: copyUnshared })("/x/fork", { id: "y" })).status).toBe(forkStatus);
  });
});

test("a fork as in the README continues on its own, and runs the keys of the original again", async () => {
  const ann = store();
  const agent = answering();
  const original = openConversation({ agent, store: ann, id: "x" });
  await original.run("one", { key: "k1" });
  const post = poster(ann, { fork: copyUnshared });
  expect((await post("/x/fork", { id: "y" })).status).toBe(201);
  const copy = openConversation({ agent, store: ann, id: "y" });
  expect((await copy.run("one", { key: "k1" })).text).toBe("2");
  expect((await ann.load("y"))?.thread["messages"]).toHaveLength(4);
  expect((await original.run("one", { key: "k1" })).text).toBe("1");
  expect((await ann.load("x"))?.thread["messages"]).toHaveLength(2);
});

test.each<[string, object]>([
  ["an open turn", { turn: {} }],
  ["the conversation of a service", { service: { conversation: "conv_1" } }],
  ["the id of a history", { history: { id: "h" } }],
])("a fork as in the README rejects %s", async (_, members) => {
  const ann = store();
  await ann.save("x", { format: "threadstore.thread", kind: "k", version: 1, messages: [], ...members });
  expect((await poster(ann, { fork: copyUnshared })("/x/fork", { id: "y" })).status).toBe(409);
  expect(await ann.load("y")).toBeUndefined();
});

test("an append cannot create a thread of an agent, as an object or as JSON", async () => {
  const create = { format: "threadstore.thread", kind: "k", version: 1, messages: [] };
  for (const value of [create, JSON.stringify(create)]) {
    const ann = store();
    const errors: unknown[] = [];
    const post = poster(ann, {
      append: ({ elements }) => ({ elements, create: value }),
      onError: (error) => void errors.push(error),
    });
    expect((await post("/x/elements", { elements: [1] })).status).toBe(500);
    expect([errors, await ann.load("x")]).toMatchObject([[{ name: "TypeError" }], undefined]);
  }
});
