import { createChatAgent, type ChatAgent, defineTool } from "@threadstore/openai";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { csharpSession, golden, messagesIn, pythonSession } from "../golden.test-helper.ts";
import {
  checkAgentFrameworkThread,
  readAgentFrameworkThread,
  repairAgentFrameworkThread,
  writeAgentFrameworkThread,
} from "../index.ts";

interface Script {
  readonly agent: ChatAgent;
  readonly ran: string[];
  readonly requests: { messages: { role: string }[] }[];
}

/** An agent whose model answers with text, or first with calls, and whose tools record that they ran. */
function newAgent(...calls: readonly (readonly [id: string, name: string])[]): Script {
  const ran: string[] = [];
  const requests: Script["requests"] = [];
  const fetch: typeof globalThis.fetch = (_url, options) => {
    requests.push(JSON.parse(options?.body as string) as Script["requests"][number]);
    const toolCalls = calls.map(([id, name]) => ({
      id,
      type: "function",
      function: { name, arguments: "{}" },
    }));
    const isFirst = requests.length === 1 && toolCalls.length > 0;
    const message = isFirst
      ? { role: "assistant", content: null, tool_calls: toolCalls }
      : { role: "assistant", content: "done" };
    const choices = [{ index: 0, finish_reason: isFirst ? "tool_calls" : "stop", message }];
    return Promise.resolve(
      Response.json({ id: "x", object: "chat.completion", created: 1, model: "m", choices }),
    );
  };
  const tool = (name: string, needsApproval: boolean): ReturnType<typeof defineTool> =>
    defineTool({
      name,
      parameters: { type: "object" },
      needsApproval,
      run: () => {
        ran.push(name);
        return `${name} ran`;
      },
    });
  const agent = createChatAgent({
    client: new OpenAI({ apiKey: "k", fetch, maxRetries: 0 }),
    model: "m",
    tools: [tool("delete_all", true), tool("pay", true), tool("get_weather", false)],
  });
  return { agent, ran, requests };
}

const csharpText = { $type: "text", text: "go" };
const csharpInput = { role: "user", contents: [csharpText] };
const csharpCall = (callId: string, name = "pay"): object => ({
  $type: "functionCall",
  callId,
  name,
  arguments: {},
});
const csharpRequest = (callId: string, more: object = {}, name = "pay"): object => ({
  $type: "toolApprovalRequest",
  toolCall: csharpCall(callId, name),
  requestId: `ficc_${callId}`,
  ...more,
});
const csharpResponse = (callId: string, approved: boolean, more: object = {}): object => ({
  $type: "toolApprovalResponse",
  toolCall: csharpCall(callId),
  approved,
  requestId: `ficc_${callId}`,
  ...more,
});
const csharpResult = (callId: string): object => ({ $type: "functionResult", callId, result: "5" });
const pythonInput = {
  role: "user",
  contents: [{ type: "text", text: "go", additional_properties: {} }],
  additional_properties: {},
  type: "message",
};
const pythonCall = (callId: string, name = "pay", more: object = {}): object => ({
  type: "function_call",
  call_id: callId,
  name,
  arguments: "{}",
  additional_properties: {},
  ...more,
});
const pythonRequest = (callId: string): object => ({
  type: "function_approval_request",
  function_call: pythonCall(callId),
  user_input_request: true,
  id: callId,
  additional_properties: {},
});
const pythonResponse = (callId: string, approved: boolean): object => ({
  type: "function_approval_response",
  function_call: pythonCall(callId),
  approved,
  id: callId,
  additional_properties: {},
});
const assistant = (...contents: object[]): object => ({ role: "assistant", contents });
const user = (...contents: object[]): object => ({ role: "user", contents });
const toolMessage = (...contents: object[]): object => ({ role: "tool", contents });

interface Turn {
  readonly calls: { readonly callId: string; readonly state: string; readonly reason?: string }[];
}

function turnOf(text: string): Turn["calls"] | undefined {
  return (readAgentFrameworkThread(text).thread["turn"] as unknown as Turn | undefined)?.calls;
}

/** Returns whether C# can run the conversation: every request for a function has a response. */
function csharpAccepts(text: string): boolean {
  const contents = messagesIn(text).flatMap(
    (message) => message["contents"] as { [name: string]: unknown }[],
  );
  const responded = new Set(
    contents.filter(({ $type }) => $type === "toolApprovalResponse").map(({ requestId }) => requestId),
  );
  const called = new Set(
    contents.filter(({ $type }) => $type === "functionCall").map(({ callId }) => callId),
  );
  const results = contents.filter(({ $type }) => $type === "functionResult");
  return (
    contents.every(({ $type, requestId }) => $type !== "toolApprovalRequest" || responded.has(requestId)) &&
    results.every(({ callId }) => called.has(callId))
  );
}

const needed = (callId: string): object => ({ callId, state: "approval-needed" });

describe("calls that wait for approval become an open turn, whatever their order", () => {
  test.each<[name: string, text: string, calls: readonly object[]]>([
    ["C#", golden("csharp-session-fn-approval-pending.json"), [needed("c9")]],
    [
      "Python, with a call that needs none",
      golden("python-session-approval-pending.json"),
      [needed("c9"), { callId: "c10", state: "approved" }],
    ],
    [
      "C#, two requests",
      csharpSession(csharpInput, assistant(csharpRequest("a"), csharpRequest("b"))),
      [needed("a"), needed("b")],
    ],
    [
      "C#, two messages",
      csharpSession(csharpInput, assistant(csharpRequest("a")), assistant(csharpRequest("b"))),
      [needed("a"), needed("b")],
    ],
    [
      "C#, a call that needs none",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a", { requiresConfirmation: false }), csharpRequest("b")),
      ),
      [{ callId: "a", state: "approved" }, needed("b")],
    ],
    [
      "C#, one of two answered",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a"), csharpRequest("b")),
        user(csharpResponse("b", true)),
      ),
      [needed("a"), { callId: "b", state: "approved" }],
    ],
    [
      "C#, rejected and not finished",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a")),
        user(csharpResponse("a", false, { reason: "No." })),
      ),
      [{ callId: "a", state: "denied", reason: "No." }],
    ],
    [
      "C#, beside a call with its result",
      csharpSession(
        csharpInput,
        assistant(csharpCall("a"), csharpRequest("b")),
        toolMessage(csharpResult("a")),
      ),
      [needed("b")],
    ],
    [
      "C#, with the id of an earlier call",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a")),
        user(csharpResponse("a", true)),
        assistant(csharpCall("a")),
        toolMessage(csharpResult("a")),
        assistant(csharpText),
        csharpInput,
        assistant(csharpRequest("a")),
      ),
      [needed("a")],
    ],
    [
      "Python, requests before their calls",
      pythonSession(pythonInput, assistant(pythonRequest("a"), pythonCall("a"))),
      [needed("a")],
    ],
    [
      "Python, without the call itself",
      pythonSession(pythonInput, assistant(pythonRequest("a"))),
      [needed("a")],
    ],
    [
      "Python, one of two answered",
      pythonSession(
        pythonInput,
        assistant(pythonCall("a"), pythonCall("b"), pythonRequest("a"), pythonRequest("b")),
        user(pythonResponse("a", false)),
      ),
      [{ callId: "a", state: "denied" }, needed("b")],
    ],
    [
      "C#, with the id of earlier calls without approval, and of another that waits",
      csharpSession(
        csharpInput,
        assistant(csharpCall("a"), csharpCall("b")),
        toolMessage(csharpResult("a"), csharpResult("b")),
        assistant(csharpText),
        csharpInput,
        assistant(csharpRequest("a"), csharpRequest("b")),
      ),
      [needed("a"), needed("b")],
    ],
  ])("%s", async (_name, text, calls) => {
    expect(turnOf(text)).toEqual(calls);
    expect(checkAgentFrameworkThread(text)).toEqual([]);
    expect(repairAgentFrameworkThread(text, "synthesize").changes).toEqual([]);
    const { thread } = readAgentFrameworkThread(text);
    expect(readAgentFrameworkThread(text).thread).toEqual(thread);
    const { agent } = newAgent();
    const opened = await (await agent.deserializeThread(thread)).serialize();
    expect(writeAgentFrameworkThread(opened, { strict: true })).toMatchObject({
      text: JSON.stringify(JSON.parse(text)),
      report: [],
    });
    for (const to of ["csharp-session", "python-session"] as const) {
      // Python does not have the reason of a denial.
      const strict = !text.includes("No.");
      const written = writeAgentFrameworkThread(opened, { to, strict, sessionId: "s" });
      const states = calls.map((call) => (to.startsWith("python") ? { ...call, reason: undefined } : call));
      expect(turnOf(written.text)).toEqual(states);
      expect(checkAgentFrameworkThread(written.text)).toEqual([]);
    }
  });
});

describe("a call that waited is decided here, and the conversation goes back", () => {
  const sources = [
    ["C#", golden("csharp-session-fn-approval-pending.json")],
    ["Python", golden("python-session-approval-pending.json")],
    [
      "C#, several",
      csharpSession(csharpInput, assistant(csharpText, csharpRequest("a"), csharpRequest("b"))),
    ],
    [
      "C#, in three messages",
      csharpSession(
        csharpInput,
        assistant(csharpText, csharpRequest("a")),
        assistant(csharpRequest("b")),
        assistant(csharpText, csharpRequest("c")),
      ),
    ],
    [
      "C#, after a call that needs none",
      csharpSession(csharpInput, assistant(csharpCall("a")), assistant(csharpRequest("b"))),
    ],
    [
      "Python, in two messages without the calls",
      pythonSession(pythonInput, assistant(pythonRequest("a")), assistant(pythonRequest("b"))),
    ],
  ] as const;

  test.each(
    sources.flatMap(([name, text]) => [true, false].map((approved) => [name, approved, text] as const)),
  )("%s, approved: %s", async (_name, approved, text) => {
    const { agent, ran } = newAgent();
    const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
    const pending = thread.openTurn?.approvals ?? [];
    const approvals = pending.map(({ callId, digest }) => ({ callId, digest, approved }));
    const result = await agent.resume(thread, { approvals });
    expect(result.text).toBe("done");
    expect(ran.filter((name) => name !== "get_weather")).toHaveLength(approved ? pending.length : 0);
    const serialized = await thread.serialize();
    for (const to of ["csharp-session", "python-session"] as const) {
      const written = writeAgentFrameworkThread(serialized, { to, strict: true, sessionId: "s" });
      expect(turnOf(written.text)).toBeUndefined();
      expect(written.text).not.toMatch(/Approval(?:Request|Response)|approval_re(?:quest|sponse)"/);
      expect(checkAgentFrameworkThread(written.text)).toEqual([]);
      expect(to === "python-session" || csharpAccepts(written.text)).toBe(true);
    }
  });

  test.each<[name: string, text: string]>([
    [
      "C#",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a"), csharpRequest("b")),
        user(csharpResponse("a", true), csharpResponse("b", false)),
      ),
    ],
    [
      "Python, without the calls",
      pythonSession(
        pythonInput,
        assistant(pythonRequest("a"), pythonRequest("b")),
        user(pythonResponse("a", true), pythonResponse("b", false)),
      ),
    ],
    [
      "Python, with the calls in another message",
      pythonSession(
        pythonInput,
        assistant(pythonCall("a"), pythonCall("b")),
        assistant(pythonRequest("a"), pythonRequest("b")),
        user(pythonResponse("a", true), pythonResponse("b", false)),
      ),
    ],
  ])("%s, decided there: each result has its call in both languages", async (_name, text) => {
    const { agent, ran } = newAgent();
    const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
    await agent.resume(thread);
    expect(ran).toEqual(["pay"]);
    for (const to of ["csharp-session", "python-session"] as const) {
      const written = writeAgentFrameworkThread(await thread.serialize(), { to });
      expect(checkAgentFrameworkThread(written.text)).toEqual([]);
      expect(turnOf(written.text)).toBeUndefined();
      expect(to === "python-session" || csharpAccepts(written.text)).toBe(true);
    }
  });

  test("only one of two: the other waits in the other language", async () => {
    const text = sources[2][1];
    const { agent, ran } = newAgent();
    const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
    const [first] = thread.openTurn?.approvals ?? [];
    await agent.resume(thread, {
      approvals: first === undefined ? [] : [{ callId: first.callId, digest: first.digest, approved: true }],
    });
    expect(ran).toEqual(["pay"]);
    for (const to of ["csharp-session", "python-session"] as const) {
      const { text: written } = writeAgentFrameworkThread(await thread.serialize(), { to, strict: true });
      expect(turnOf(written)).toEqual([needed("b")]);
      expect(JSON.stringify(messagesIn(written))).toContain("pay ran");
    }
  });
});

describe("a session of C# that shows its requests one after the other", () => {
  const [a, b, c] = [csharpRequest("a"), csharpRequest("b"), csharpRequest("c")];
  const toolApprovalState = {
    rules: [],
    collectedApprovalResponses: [csharpResponse("c", true)],
    queuedApprovalRequests: [b],
    surfacedApprovalRequests: { ficc_a: a },
  };
  const messages = [csharpInput, assistant(a, b, c)];
  const text = JSON.stringify({
    stateBag: { toolApprovalState, InMemoryChatHistoryProvider: { messages } },
  });

  test("waits for those that nobody has answered, and is written back as it was", () => {
    expect(turnOf(text)).toEqual([needed("a"), needed("b"), { callId: "c", state: "approved" }]);
    const { thread } = readAgentFrameworkThread(text);
    expect(writeAgentFrameworkThread(thread, { strict: true }).text).toBe(text);
    const { text: python } = writeAgentFrameworkThread(thread, { to: "python-session", strict: true });
    expect(turnOf(python)).toEqual([needed("a"), needed("b"), { callId: "c", state: "approved" }]);
  });

  test("does not ask again when they were answered here", async () => {
    const { agent, ran } = newAgent();
    const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
    const approvals = (thread.openTurn?.approvals ?? []).map(({ callId, digest }) => ({
      callId,
      digest,
      approved: true,
    }));
    await agent.resume(thread, { approvals });
    expect(ran).toEqual(["pay", "pay", "pay"]);
    const written = writeAgentFrameworkThread(await thread.serialize(), { strict: true }).text;
    expect(JSON.parse(written)).toMatchObject({
      stateBag: {
        toolApprovalState: {
          rules: [],
          collectedApprovalResponses: [],
          queuedApprovalRequests: [],
          surfacedApprovalRequests: {},
        },
      },
    });
    expect(csharpAccepts(written)).toBe(true);
  });
});

describe("a turn that waited is continued here", () => {
  const text = csharpSession(
    csharpInput,
    assistant(csharpRequest("a"), {
      $type: "usage",
      details: { inputTokenCount: 5, cachedInputTokenCount: 3 },
    }),
  );

  test("until it waits for another approval, which waits in the other language", async () => {
    const { agent, ran } = newAgent(["b", "delete_all"]);
    const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
    const [first] = thread.openTurn?.approvals ?? [];
    const approvals = [{ callId: "a", digest: first?.digest ?? "", approved: true }];
    expect((await agent.resume(thread, { approvals })).status).toBe("approval-needed");
    expect(ran).toEqual(["pay"]);
    for (const to of ["csharp-session", "python-session"] as const) {
      const { text: written } = writeAgentFrameworkThread(await thread.serialize(), { to, strict: true });
      expect(turnOf(written)).toEqual([needed("b")]);
      expect(checkAgentFrameworkThread(written)).toEqual([]);
    }
  });

  test("with the usage so far", () => {
    const { thread } = readAgentFrameworkThread(text);
    expect(thread["turn"]).toMatchObject({
      usage: { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 3 } },
    });
  });

  test.each(["nothing", "partial", "question"] as const)(
    "or abandoned, keeping %s, and goes on",
    async (keep) => {
      const { agent, ran } = newAgent();
      const thread = await agent.deserializeThread(readAgentFrameworkThread(text).thread);
      await agent.abandon(thread, { keep });
      await agent.run("next", thread);
      expect(ran).toEqual([]);
      for (const to of ["csharp-session", "python-session"] as const) {
        const { text: written } = writeAgentFrameworkThread(await thread.serialize(), { to });
        expect(turnOf(written)).toBeUndefined();
        expect(checkAgentFrameworkThread(written)).toEqual([]);
        expect(to === "python-session" || csharpAccepts(written)).toBe(true);
      }
    },
  );

  test("in the older shapes of both languages", async () => {
    const call = { callId: "a", name: "pay", arguments: {} };
    const older = { $type: "functionApprovalRequest", id: "r", functionCall: call };
    const role = { type: "role", value: "assistant" };
    const contents = [pythonCall("a"), pythonRequest("a")];
    for (const source of [
      { storeState: { messages: [csharpInput, assistant(older)] } },
      { type: "agent_thread_state", chat_message_store_state: { messages: [{ role, contents }] } },
    ]) {
      const { thread } = readAgentFrameworkThread(source);
      const { agent, ran } = newAgent();
      const moved = await agent.deserializeThread(thread);
      expect(writeAgentFrameworkThread(await moved.serialize(), { strict: true }).text).toBe(
        JSON.stringify(source),
      );
      const [first] = moved.openTurn?.approvals ?? [];
      await agent.resume(moved, {
        approvals: [{ callId: "a", digest: first?.digest ?? "", approved: true }],
      });
      expect(ran).toEqual(["pay"]);
      const { text: written } = writeAgentFrameworkThread(await moved.serialize(), { strict: true });
      expect(checkAgentFrameworkThread(written)).toEqual([]);
      expect(written).not.toMatch(/ApprovalRequest|approval_request"/);
    }
  });
});

describe("an open turn that started here becomes pending approvals", () => {
  test.each(["csharp-session", "python-session", "python-history"] as const)("in %s", async (to) => {
    const { agent, ran } = newAgent(["a", "pay"], ["b", "get_weather"], ["c", "delete_all"]);
    const thread = agent.getNewThread();
    await agent.run("go", thread);
    expect(ran).toEqual(["get_weather"]);
    const { text, report } = writeAgentFrameworkThread(await thread.serialize(), { to, strict: true });
    expect(report).toMatchObject([{ kind: "changed", path: "$.turn" }]);
    expect(turnOf(text)).toEqual([needed("a"), needed("c")]);
    const other = newAgent();
    const moved = await other.agent.deserializeThread(readAgentFrameworkThread(text).thread);
    const approvals = (moved.openTurn?.approvals ?? []).map(({ callId, digest }) => ({
      callId,
      digest,
      approved: true,
    }));
    expect((await other.agent.resume(moved, { approvals })).text).toBe("done");
    expect(other.ran).toEqual(["pay", "delete_all"]);
  });

  test("in a turn that was stopped, an approved call waits again", () => {
    const call = { id: "a", type: "function", function: { name: "pay", arguments: "{}" } };
    const thread = {
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "A",
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [call] },
      ],
      turn: { id: "t", start: 0, rounds: 1, calls: [{ callId: "a", state: "approved" }], state: "stopped" },
    };
    for (const to of ["csharp-session", "python-session"] as const) {
      expect(turnOf(writeAgentFrameworkThread(thread, { to }).text)).toEqual([needed("a")]);
      const { state: _stopped, ...turn } = thread.turn;
      const continued = { ...thread, turn };
      const { text } = writeAgentFrameworkThread(continued, { to });
      expect(turnOf(text)).toEqual([{ callId: "a", state: "approved" }]);
    }
  });

  test("a call that started is not run again, and strict refuses it", () => {
    const call = { id: "a", type: "function", function: { name: "pay", arguments: "{}" } };
    const thread = {
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "A",
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [call] },
      ],
      turn: { id: "t", start: 0, rounds: 1, calls: [{ callId: "a", state: "started" }] },
    };
    for (const to of ["csharp-session", "python-session"] as const) {
      const { text, report } = writeAgentFrameworkThread(thread, { to });
      expect(report).toContainEqual(expect.objectContaining({ kind: "lost", path: "$.turn.calls[0]" }));
      expect(turnOf(text)).toBeUndefined();
      expect(checkAgentFrameworkThread(text)).toEqual([]);
      expect(() => writeAgentFrameworkThread(thread, { to, strict: true })).toThrow(
        expect.objectContaining({ code: "NOT_REPRESENTABLE", path: "$.turn.calls[0]" }) as Error,
      );
    }
  });
});

describe("approvals that are not of this turn, or not of functions, are carried", () => {
  const hosted = { $type: "mcpServerToolCall", callId: "m", name: "search", serverName: "docs" };
  test.each<[name: string, text: string]>([
    [
      "finished in C#",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a")),
        user(csharpResponse("a", true)),
        assistant(csharpCall("a")),
        toolMessage(csharpResult("a")),
        assistant(csharpText),
      ),
    ],
    [
      "rejected in C#",
      csharpSession(
        csharpInput,
        assistant(csharpRequest("a")),
        user(csharpResponse("a", false)),
        assistant({ ...csharpCall("a"), informationalOnly: true }),
        toolMessage(csharpResult("a")),
        assistant(csharpText),
      ),
    ],
    [
      "of a hosted tool in C#",
      csharpSession(
        csharpInput,
        assistant({ $type: "toolApprovalRequest", toolCall: hosted, requestId: "m" }),
      ),
    ],
    [
      "of a hosted tool in Python",
      pythonSession(
        pythonInput,
        assistant({
          type: "function_approval_request",
          function_call: pythonCall("m", "search", { additional_properties: { server_label: "docs" } }),
          id: "m",
        }),
      ),
    ],
    [
      "answered, after which the conversation continued",
      csharpSession(csharpInput, assistant(csharpRequest("a")), user(csharpResponse("a", true), csharpText)),
    ],
    [
      "calls that are only shown",
      csharpSession(csharpInput, assistant({ ...csharpCall("a"), informationalOnly: true }, csharpText)),
    ],
  ])("%s", async (_name, text) => {
    const { thread, report } = readAgentFrameworkThread(text);
    expect(thread["turn"]).toBeUndefined();
    expect(report.map(({ kind }) => kind)).not.toContain("repair");
    const { agent, requests } = newAgent();
    const moved = await agent.deserializeThread(thread);
    await agent.run("next", moved);
    expect(requests).toHaveLength(1);
    const written = writeAgentFrameworkThread(await moved.serialize());
    const before = messagesIn(text);
    expect(messagesIn(written.text).slice(0, before.length)).toEqual(before);
  });
});

describe("an approval of a tool that an MCP server runs has the call of the other language", () => {
  const csharpCallOfServer = {
    $type: "mcpServerToolCall",
    callId: "m",
    name: "search",
    serverName: "docs",
    arguments: { q: 1 },
  };
  const pythonCallOfServer = pythonCall("m", "search", {
    arguments: '{"q":1}',
    additional_properties: { server_label: "docs" },
  });
  const base = { id: "m", additional_properties: {} };
  const [csharp, python] = [
    csharpSession(
      csharpInput,
      assistant({ $type: "toolApprovalRequest", toolCall: csharpCallOfServer, requestId: "m" }),
      user({
        $type: "toolApprovalResponse",
        toolCall: csharpCallOfServer,
        approved: true,
        requestId: "m",
      }),
    ),
    pythonSession(
      pythonInput,
      assistant({ type: "function_approval_request", function_call: pythonCallOfServer, ...base }),
      user({
        type: "function_approval_response",
        function_call: pythonCallOfServer,
        approved: true,
        ...base,
      }),
    ),
  ];

  test.each([
    ["C#", csharp, "python-session", '"function_call"', pythonCallOfServer],
    ["Python", python, "csharp-session", '"toolCall"', csharpCallOfServer],
  ] as const)("from %s", (_name, text, to, member, call) => {
    const { thread } = readAgentFrameworkThread(text);
    const written = writeAgentFrameworkThread(thread, { to, strict: true, sessionId: "s" });
    expect(written.text.split(`${member}:${JSON.stringify(call)}`)).toHaveLength(3);
    expect(turnOf(written.text)).toBeUndefined();
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(written.text).thread, {
      to: to === "csharp-session" ? "python-session" : "csharp-session",
      strict: true,
    });
    expect(messagesIn(back.text)).toMatchObject(messagesIn(text));
  });
});
