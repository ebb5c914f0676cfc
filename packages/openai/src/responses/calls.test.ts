import type { ThreadSnapshot } from "@threadstore/agent";
import type { Tool as HostedTool } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { createResponsesAgent, type ResponsesAgent, type ResponsesResult } from "../index.ts";
import type { Message } from "../strict-server/request.test-helper.ts";
import {
  createResponsesService,
  type ResponsesService,
} from "../strict-server/responses-service.test-helper.ts";
import { type CallCase, CALL_CASES, type ToolSetup } from "./call-kinds.test-helper.ts";
import { shellTool } from "./tools/index.ts";

type Storage = "conversation" | "local" | "response";

const STORAGES: readonly Storage[] = ["response", "conversation", "local"];
const kinds = Object.entries(CALL_CASES);
const everyStorage = kinds.flatMap(([type, kind]) => STORAGES.map((storage) => ({ type, kind, storage })));
const everyMode = [
  ...everyStorage.map((row) => ({ ...row, isStreamed: false })),
  ...kinds.map(([type, kind]) => ({ type, kind, storage: "response" as const, isStreamed: true })),
];

interface Setup extends Partial<ToolSetup> {
  readonly kind: CallCase;
  readonly storage: Storage;
}

function agentOf({ client }: ResponsesService, { kind, storage, ...setup }: Setup): ResponsesAgent {
  const { tool, hosted } = kind;
  const tools = tool === undefined ? [] : [tool({ onRun: () => undefined, ...setup })];
  const hostedTools = hosted === undefined ? [] : [hosted as HostedTool];
  return createResponsesAgent({ client, model: "m", storage, tools, hostedTools });
}

async function reload(
  agent: ResponsesAgent,
  { thread }: ResponsesResult,
): Promise<ResponsesResult["thread"]> {
  return agent.deserializeThread(JSON.stringify(await thread.serialize()));
}

function answersIn({ thread }: ResponsesResult): unknown[] {
  return thread.messages.filter(({ type }) => /_(?:output|response)$/u.test(type ?? ""));
}

describe.each(everyMode)("a $type with storage $storage, streamed: $isStreamed", (row) => {
  const { kind, isStreamed, type } = row;
  const start = (
    agent: ResponsesAgent,
    ...args: Parameters<ResponsesAgent["run"]>
  ): Promise<ResponsesResult> => (isStreamed ? agent.runStream(...args).result : agent.run(...args));
  const resume = (
    agent: ResponsesAgent,
    ...args: Parameters<ResponsesAgent["resume"]>
  ): Promise<ResponsesResult> => (isStreamed ? agent.resumeStream(...args).result : agent.resume(...args));

  test.skipIf(kind.tool === undefined)("runs, and the conversation continues", async () => {
    const received: unknown[] = [];
    const service = createResponsesService([kind.call("c1")]);
    const agent = agentOf(service, { ...row, onRun: (args) => received.push(args) });
    const first = await start(agent, "go");
    expect(first).toMatchObject({ status: "completed", text: "ok", approvals: [] });
    expect(received).toEqual([kind.received]);
    expect(answersIn(first)).toEqual([kind.succeeded("c1")]);
    expect(await start(agent, "and now?", await reload(agent, first))).toMatchObject({ text: "ok" });
    expect(service.requests).toHaveLength(3);
  });

  test("waits for approval, runs once, and the conversation continues", async () => {
    const received: unknown[] = [];
    const service = createResponsesService([kind.call("c1")]);
    const agent = agentOf(service, { ...row, needsApproval: true, onRun: (args) => received.push(args) });
    const first = await start(agent, "go");
    const shown = { callId: "c1", name: kind.name, arguments: kind.arguments, digest: expect.any(String) };
    expect(first.status).toBe("approval-needed");
    expect(first.approvals).toEqual([type === "function_call" ? shown : { ...shown, kind: type }]);
    expect(received).toEqual([]);
    const thread = await reload(agent, first);
    expect(thread.openTurn?.approvals).toEqual(first.approvals);
    const approvals = first.approvals.map((call) => ({ ...call, approved: true }));
    const second = await resume(agent, thread, { approvals });
    expect(second).toMatchObject({ status: "completed", text: "ok" });
    expect(answersIn(second)).toEqual([kind.succeeded("c1")]);
    expect(received).toEqual(kind.tool === undefined ? [] : [kind.received]);
    await expect(agent.resume(second.thread, { approvals })).rejects.toMatchObject({
      code: "APPROVAL_STALE",
    });
    expect(await start(agent, "and now?", await reload(agent, second))).toMatchObject({ text: "ok" });
  });

  test("is denied with a reason, and the conversation continues", async () => {
    const service = createResponsesService([kind.call("c1")]);
    const agent = agentOf(service, { ...row, needsApproval: true });
    const first = await start(agent, "go");
    const approvals = first.approvals.map((call) => ({ ...call, approved: false, reason: "too risky" }));
    const second = await resume(agent, await reload(agent, first), { approvals });
    expect(answersIn(second)).toEqual([kind.failed("c1", "This call was not approved: too risky")]);
    expect(JSON.stringify(service.requests.at(-1))).toContain("This call was not approved: too risky");
    expect(await start(agent, "and now?", await reload(agent, second))).toMatchObject({ text: "ok" });
  });
});

test.each(STORAGES)(
  "the reason why a computer call was denied reaches the model, although another call waits longer, with storage %s",
  async (storage) => {
    const kind = CALL_CASES["computer_call"] as CallCase;
    const service = createResponsesService([kind.call("c1"), kind.call("c2")]);
    const agent = agentOf(service, { kind, storage, needsApproval: true });
    const first = await agent.run("go");
    const [denied, approved] = first.approvals.map((call, index) => ({
      ...call,
      approved: index === 1,
      reason: "too risky",
    }));
    const second = await agent.resume(await reload(agent, first), { approvals: denied ? [denied] : [] });
    expect(second.status).toBe("approval-needed");
    const third = await agent.resume(await reload(agent, second), { approvals: approved ? [approved] : [] });
    expect(third.text).toBe("ok");
    expect(service.requests.at(-1)?.["instructions"]).toMatch(
      /^The result of call c1 of computer: .*too risky$/u,
    );
    await agent.run("and now?", third.thread);
    expect(service.requests.at(-1)).not.toHaveProperty("instructions");
    expect(JSON.stringify(third.thread)).not.toContain("too risky");
  },
);

test.each(STORAGES)(
  "the text of a tool's error never becomes an instruction, with storage %s",
  async (storage) => {
    const kind = CALL_CASES["computer_call"] as CallCase;
    const service = createResponsesService([kind.call("c1")]);
    await agentOf(service, { kind, storage, fails: true }).run("go");
    const instructions = service.requests.at(-1)?.["instructions"];
    expect(instructions).toBe("The result of call c1 of computer: The tool failed.");
  },
);

test("notes about results that are malformed make a thread invalid", async () => {
  const kind = CALL_CASES["computer_call"] as CallCase;
  const agent = agentOf(createResponsesService([kind.call("c1")]), {
    kind,
    storage: "local",
    needsApproval: true,
  });
  const { thread } = await agent.run("go");
  const { turn, ...members } = { turn: {}, ...thread.toJSON() };
  for (const notes of ["x", [7], {}]) {
    const corrupt = { ...members, turn: { ...turn, notes } } as never;
    const rejection = { code: "THREAD_INVALID", path: "$.turn.notes" };
    await expect(agent.deserializeThread(corrupt)).rejects.toMatchObject(rejection);
  }
});

describe.each(everyStorage)("a $type with storage $storage", (row) => {
  const { kind } = row;

  test.skipIf(kind.tool === undefined)("that fails is answered", async () => {
    const service = createResponsesService([kind.call("c1")]);
    const result = await agentOf(service, { ...row, fails: true }).run("go");
    expect(answersIn(result)).toEqual([kind.failed("c1", "Tool failed: disk full")]);
    // A screenshot has no place for the text of the error.
    const told = row.type === "computer_call" ? "The tool failed." : "Tool failed: disk full";
    expect(JSON.stringify(service.requests.at(-1))).toContain(told);
  });

  test.skipIf(kind.tool === undefined).each(["rerun", "report"] as const)(
    "that a crash interrupts is treated as its tool says: %s",
    async (interrupted) => {
      const snapshots: ThreadSnapshot[] = [];
      const received: unknown[] = [];
      const service = createResponsesService([kind.call("c1")]);
      const setup = { ...row, interrupted, onRun: (args: unknown) => received.push(args) };
      const agent = agentOf(service, setup);
      const before = new Map(service.stored);
      await agent.run("go", undefined, {
        onProgress: async (snapshot) => {
          snapshots.push(snapshot);
          if (snapshots.length === 2) for (const [id, items] of service.stored) before.set(id, items);
        },
      });
      expect(received).toHaveLength(1);
      for (const [id, items] of before) service.stored.set(id, items);
      const [, started, finished] = snapshots.map((snapshot) => JSON.stringify(snapshot));
      const resumed = await agent.resume(await agent.deserializeThread(started ?? ""));
      const report =
        "This call was interrupted, and it is unknown whether it took effect. Check before calling again.";
      expect(answersIn(resumed)).toEqual([
        interrupted === "rerun" ? kind.succeeded("c1") : kind.failed("c1", report),
      ]);
      expect(received).toHaveLength(interrupted === "rerun" ? 2 : 1);
      for (const [id, items] of before) service.stored.set(id, items);
      const runs = received.length;
      const ended = await agent.resume(await agent.deserializeThread(finished ?? ""));
      expect(answersIn(ended)).toEqual([kind.succeeded("c1")]);
      expect(received).toHaveLength(runs);
    },
  );

  test("of a tool that the agent does not have is answered, or rejected if it was approved", async () => {
    const service = createResponsesService([kind.call("c1")], [kind.call("c2")]);
    const bare = createResponsesAgent({ client: service.client, model: "m", storage: row.storage });
    const result = await bare.run("go", undefined, { signal: AbortSignal.timeout(5000) });
    const reason = (id: string): object =>
      kind.failed(id, `There is no tool ${JSON.stringify(kind.name)}. Available tools: none.`);
    expect(answersIn(result)).toEqual([reason("c1"), reason("c2")]);
    const other = createResponsesService([kind.call("c1")]);
    const first = await agentOf(other, { ...row, needsApproval: true }).run("go");
    const approvals = first.approvals.map((call) => ({ ...call, approved: true }));
    await expect(bare.resume(await reload(bare, first), { approvals })).rejects.toMatchObject({
      code: "TOOL_MISSING",
    });
  });
});

test.each(["custom_tool_call", "shell_call"])(
  "a result of a %s that is too long to be sent is shortened",
  async (type) => {
    const kind = CALL_CASES[type];
    const service = createResponsesService([kind?.call("c1") ?? {}]);
    const tool = kind?.tool?.({ onRun: () => undefined, result: "x".repeat(10_485_761) });
    const tools = tool === undefined ? [] : [tool];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage: "local", tools });
    const [answer] = answersIn(await agent.run("go"));
    const json = JSON.stringify(answer);
    expect(json.length).toBeLessThan(10_485_760 + 300);
    expect(json.slice(-300)).toContain("The text was cut here");
  },
);

test.each([
  ["an array", '["a",1]', '["a",1]'],
  ["an array of objects, as that of docker inspect", '[{"Id":"a"}]', '[{"Id":"a"}]'],
  ["the output of a command", '[{"stdout":"a","stderr":"b"}]', '[{"stdout":"a","stderr":"b"}]'],
  ["half a character", "a\ud800", "a\ufffd"],
])("the text of a shell that is %s is standard output", async (_name, result, stdout) => {
  const kind = CALL_CASES["shell_call"];
  const service = createResponsesService([kind?.call("c1") ?? {}]);
  const tool = kind?.tool?.({ onRun: () => undefined, result });
  const tools = tool === undefined ? [] : [tool];
  const agent = createResponsesAgent({ client: service.client, model: "m", storage: "local", tools });
  expect(answersIn(await agent.run("go"))).toMatchObject([
    { output: [{ stdout, stderr: "", outcome: { type: "exit", exit_code: 0 } }] },
  ]);
});

test("outputs of a shell are completed with the members that the service requires", async () => {
  const service = createResponsesService([CALL_CASES["shell_call"]?.call("c1") ?? {}]);
  const tools = [shellTool({ run: () => [{ stdout: "a\ud800" }] as never })];
  const agent = createResponsesAgent({ client: service.client, model: "m", tools });
  expect(answersIn(await agent.run("go"))).toMatchObject([
    { output: [{ stdout: "a\ufffd", stderr: "", outcome: { type: "exit", exit_code: 0 } }] },
  ]);
});

test.each([{}, { type: "done" }, { type: "exit" }, { type: "exit", exit_code: null }, "exit", null])(
  "the outcome %j of a shell's command is replaced",
  async (outcome) => {
    const service = createResponsesService([CALL_CASES["shell_call"]?.call("c1") ?? {}]);
    const tools = [shellTool({ run: () => [{ stdout: "a", stderr: "b", outcome }] as never })];
    const agent = createResponsesAgent({ client: service.client, model: "m", tools });
    const output = [{ stdout: "a", stderr: "b", outcome: { type: "exit", exit_code: 0 } }];
    expect(answersIn(await agent.run("go"))).toMatchObject([{ output }]);
  },
);

test("several kinds of call in one response have operation ids by their position", async () => {
  const operations: string[] = [];
  const calls = ["function_call", "custom_tool_call", "shell_call"];
  const service = createResponsesService(calls.map((type) => CALL_CASES[type]?.call(type) ?? {}));
  const tools = calls.flatMap((type) => {
    const tool = CALL_CASES[type]?.tool?.({ onRun: () => undefined });
    if (tool === undefined) return [];
    const prepare: typeof tool.prepare = async (text) => {
      const prepared = await tool.prepare(text);
      if (!prepared.valid) return prepared;
      const run: typeof prepared.run = async (context) => {
        operations.push(context.operationId.replace(/^[^.]*/u, ""));
        return prepared.run(context);
      };
      return { ...prepared, run };
    };
    return [{ ...tool, prepare }];
  });
  const agent = createResponsesAgent({ client: service.client, model: "m", tools });
  const { thread } = await agent.run("go");
  expect(operations).toEqual([".1.0", ".1.1", ".1.2"]);
  const answers = ((service.requests[1]?.["input"] ?? []) as Message[]).map(({ type }) => type);
  expect(answers).toEqual(["function_call_output", "custom_tool_call_output", "shell_call_output"]);
  expect(thread.openTurn).toBeUndefined();
});
