import { memoryStore, type StoredThread, type ThreadStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import {
  createChatAgent,
  defineTool,
  type ApprovalDecision,
  type ChatAgent,
  type ChatThread,
  type Tool,
} from "./index.ts";
import {
  calling,
  clientOf,
  completion,
  deltaEvent,
  json,
  startWireServer,
} from "./model-server.test-helper.ts";

// The failures of an agent with a store: each error contains the remedy, and the stored thread does not change. The one in
// memory changes only if an approved call has run.

type Answer = Parameters<typeof startWireServer>[number];

const pay = defineTool({
  name: "pay",
  parameters: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] },
  needsApproval: true,
  run: () => "paid",
});
const look = defineTool({
  name: "look",
  parameters: { type: "object", properties: { at: { type: "string" } }, required: ["at"] },
  run: () => "blue",
});
const tools = [pay, look];
const hello = completion({ role: "assistant", content: "Hello." });

function approvalsOf({ openTurn }: Pick<ChatThread, "openTurn">): ApprovalDecision[] {
  return (openTurn?.approvals ?? []).map((call) => ({ ...call, approved: true }));
}

interface Saved {
  readonly store: ThreadStore;
  readonly stored: StoredThread;
  /** An agent like the one that saved the thread. Its model sends `answers`. */
  readonly agent: ChatAgent;
}

/** Saves a thread with a completed turn, or with one that waits for approval. */
async function save(
  thread: "ended" | "open",
  answers: readonly Answer[] = [],
  options: { readonly tools?: readonly Tool[]; readonly name?: string } = {},
): Promise<Saved> {
  const first = thread === "ended" ? hello : completion(calling(["1", "pay", '{"amount":5}']));
  const server = await startWireServer(first, ...answers);
  const shared = { client: clientOf(server), model: "m", maxToolRounds: 2 };
  const result = await createChatAgent({ ...shared, tools }).run("Hi");
  const store = memoryStore();
  const stored = await store.save("id", JSON.stringify(result.thread));
  return { store, stored, agent: createChatAgent({ ...shared, tools, ...options }) };
}

async function expectUnchanged({ store, stored }: Saved): Promise<void> {
  const now = await store.load("id");
  expect(now).toMatchObject({ version: stored.version, json: stored.json });
}

/** The approved call has run, and must not run again. */
function expectResultIsKept({ messages, openTurn }: ChatThread, { stored }: Saved): void {
  const before = (stored.thread as { messages: object[] }).messages;
  expect(messages.slice(0, before.length + 1)).toEqual([
    ...before,
    { role: "tool", tool_call_id: "1", content: "paid" },
  ]);
  expect(openTurn?.approvals).toEqual([]);
}

interface Expected {
  readonly code: string;
  readonly remedy: RegExp;
  readonly path?: string;
  readonly status?: number;
  readonly retryable?: boolean;
}

async function expectFailure(failing: Promise<unknown>, expected: Expected): Promise<void> {
  const { remedy, ...rest } = { path: undefined, status: undefined, retryable: false, ...expected };
  await expect(failing).rejects.toMatchObject({
    name: "AgentError",
    message: expect.stringMatching(remedy) as string,
    ...rest,
  });
}

/** A stream that breaks off during the response. */
const broken: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(deltaEvent({ role: "assistant", content: "Once" }), () => response.destroy());
};

/** A stream that closes without a finish reason. */
const cutShort: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(deltaEvent({ role: "assistant", content: "Once" }));
};

const wrong = completion(calling(["9", "look", '{"at":5}']));

describe.each<[string, readonly Answer[], Expected]>([
  [
    "a 400",
    [json({ error: { code: "context_length_exceeded" } }, 400)],
    {
      code: "MODEL_REFUSED",
      status: 400,
      remedy: /400, context_length_exceeded.*cause/,
    },
  ],
  ["a 401", [json({}, 401)], { code: "MODEL_REFUSED", status: 401, remedy: /key or the token provider/ }],
  [
    "a 429",
    [json({}, 429)],
    {
      code: "MODEL_UNAVAILABLE",
      status: 429,
      retryable: true,
      remedy: /Try again later/,
    },
  ],
  [
    "a 500",
    [json({}, 500)],
    {
      code: "MODEL_UNAVAILABLE",
      status: 500,
      retryable: true,
      remedy: /Try again later/,
    },
  ],
  [
    "an HTML page",
    [(response) => response.writeHead(200).end("<html>")],
    {
      code: "RESPONSE_INVALID",
      remedy: /base URL/,
    },
  ],
  [
    "arguments that never match the schema",
    [wrong, wrong, wrong],
    {
      code: "TOO_MANY_TOOL_ROUNDS",
      remedy: /Raise maxToolRounds/,
    },
  ],
])("%s from the model", (_name, answers, expected) => {
  test("in a run", async () => {
    const saved = await save("ended", answers);
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await expectFailure(saved.agent.run("x", thread), expected);
    expect(JSON.stringify(thread)).toBe(saved.stored.json);
    await expectUnchanged(saved);
  });

  test("in a resumed turn", async () => {
    const saved = await save("open", answers);
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await expectFailure(saved.agent.resume(thread, { approvals: approvalsOf(thread) }), expected);
    expectResultIsKept(thread, saved);
    await expectUnchanged(saved);
  });
});

describe.each<[string, Answer]>([
  ["breaks off", broken],
  ["closes without a finish reason", cutShort],
])("a stream that %s", (_name, answer) => {
  const expected: Expected = { code: "STREAM_INTERRUPTED", retryable: true, remedy: /Run it again/ };

  test("in a run", async () => {
    const saved = await save("ended", [answer, hello]);
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await expectFailure(saved.agent.runStream("x", thread).result, expected);
    expect(JSON.stringify(thread)).toBe(saved.stored.json);
    await expectUnchanged(saved);
    expect((await saved.agent.run("x", thread)).text).toBe("Hello.");
  });

  test("in a resumed turn", async () => {
    const saved = await save("open", [answer, hello]);
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await expectFailure(
      saved.agent.resumeStream(thread, { approvals: approvalsOf(thread) }).result,
      expected,
    );
    expectResultIsKept(thread, saved);
    await expectUnchanged(saved);
    expect((await saved.agent.resume(thread)).text).toBe("Hello.");
  });
});

describe("a stored thread that cannot be deserialized is unchanged", () => {
  test("if it belongs to another agent", async () => {
    const saved = await save("open", [], { name: "Support" });
    await expectFailure(saved.agent.deserializeThread(saved.stored.json), {
      code: "THREAD_MISMATCH",
      path: "$.agent",
      remedy: /Agent "Assistant" saved.*this agent is "Support".*acceptOtherAgent/,
    });
    await expectUnchanged(saved);
  });

  test.each<[string, (text: string) => string, Expected]>([
    [
      "has a newer format",
      (text) => text.replace('"version":1', '"version":2'),
      {
        code: "THREAD_TOO_NEW",
        path: "$.version",
        remedy: /Update the package/,
      },
    ],
    [
      "is truncated",
      (text) => text.slice(0, text.length / 2),
      {
        code: "THREAD_INVALID",
        path: "$",
        remedy: /truncated.*restore a backup/,
      },
    ],
    [
      "contains a call without a result",
      (text) => text.replace(/,"turn":.*/, "}"),
      {
        code: "THREAD_INVALID",
        path: "$.messages[1].tool_calls",
        remedy: /repairThread/,
      },
    ],
    [
      "contains a message of an unknown role",
      (text) => text.replace('"user"', '"nobody"'),
      {
        code: "THREAD_INVALID",
        path: "$.messages[0].role",
        remedy: /repairThread/,
      },
    ],
  ])("if it %s", async (_name, corruptText, expected) => {
    const saved = await save("open");
    const corrupt = corruptText(saved.stored.json);
    expect(corrupt).not.toBe(saved.stored.json);
    await expectFailure(saved.agent.deserializeThread(corrupt), expected);
    await expectUnchanged(saved);
  });

  test("if it contains an approved call of a removed tool", async () => {
    const saved = await save("open", [], { tools: [look] });
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await expectFailure(saved.agent.resume(thread, { approvals: approvalsOf(thread) }), {
      code: "TOOL_MISSING",
      path: "$.messages[1].tool_calls",
      remedy: /"pay".*Resume with an agent that has it, or .* abandon/,
    });
    expect(JSON.stringify(thread)).toBe(saved.stored.json);
    await expectUnchanged(saved);
  });

  test("if its approved call no longer matches the schema: the model receives the problem", async () => {
    const stricter = defineTool({
      name: "pay",
      parameters: { type: "object", properties: { amount: { type: "number", maximum: 1 } } },
      run: () => "paid",
    });
    const saved = await save("open", [hello], { tools: [stricter] });
    const thread = await saved.agent.deserializeThread(saved.stored.json);
    await saved.agent.resume(thread, { approvals: approvalsOf(thread) });
    expect(thread.messages[2]).toMatchObject({
      content: "Invalid arguments: amount: 5 is greater than 1.",
    });
    await expectUnchanged(saved);
  });
});
