import type { CheckOptions, DamageCode } from "@threadstore/agent";
import { interruptedResult, readThread } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  type RepairPolicy,
  checkThread,
  repairThread,
  createResponsesAgent,
  defineTool,
  type AgentError,
  type ResponsesAgent,
} from "../index.ts";
import { responsesThreadKind } from "../responses/responses-thread.ts";
import { findResponsesRefusal } from "../strict-server/responses-rules.test-helper.ts";
import { startStrictServer } from "../strict-server/strict-server.test-helper.ts";
import { messagesOf, threadOf, type Messages } from "./threads.test-helper.ts";

function itemsOf(items: Messages, rest: object = {}): SerializedThread {
  return { ...threadOf(items, rest), kind: "responses" };
}

const user = { type: "message", role: "user", content: "What is the weather in Rome?" };
const thanks = { role: "user", content: [{ type: "input_text", text: "Thank you." }] };
const answer = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Blue sky.", annotations: [] }],
};
const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" };

function call(id: unknown, name: unknown = "weather", args: unknown = '{"city":"Rome"}'): object {
  return { type: "function_call", id: "fc_1", call_id: id, name, arguments: args, status: "completed" };
}

function output(id: unknown, said: unknown = "blue sky"): object {
  return { type: "function_call_output", call_id: id, output: said };
}

const interrupted = (id: string): object => output(id, interruptedResult);

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
}

function agentOf(url: string): ResponsesAgent {
  const tools = [defineTool({ name: "weather", run: () => "blue sky" })];
  return createResponsesAgent({ client: clientOf(url), model: "m", storage: "local", tools });
}

interface Case {
  readonly code: DamageCode;
  readonly name: string;
  readonly items: Messages;
  readonly path: string;
  readonly mended: Messages;
  readonly dropped?: Messages;
  /** What the API says; `undefined` for what only an agent's own reader refuses. */
  readonly refusal?: string;
  /** Whether the agent's own reader takes it. */
  readonly isReadable?: true;
  readonly options?: CheckOptions;
}

const cases: readonly Case[] = [
  {
    code: "result-missing",
    name: "of a call beside another one",
    items: [user, reasoning, call("c1"), call("c2"), output("c2"), answer, thanks],
    path: "$.messages[2]",
    mended: [user, reasoning, call("c1"), call("c2"), output("c2"), interrupted("c1"), answer, thanks],
    dropped: [user, reasoning, call("c2"), output("c2"), answer, thanks],
    refusal: "400 No tool output found for function call c1.",
  },
  {
    code: "result-missing",
    name: "before the user went on",
    items: [user, call("c1"), thanks],
    path: "$.messages[1]",
    mended: [user, call("c1"), interrupted("c1"), thanks],
    dropped: [user, thanks],
    refusal: "400 No tool output found for function call c1.",
  },
  {
    code: "result-orphaned",
    name: "whose call was cut off",
    items: [output("c1"), answer, thanks],
    path: "$.messages[0]",
    mended: [answer, thanks],
    refusal: "400 No tool call found for function call output with call_id c1.",
  },
  {
    code: "result-misplaced",
    name: "before its call",
    items: [user, output("c1"), call("c1"), answer],
    path: "$.messages[1]",
    mended: [user, call("c1"), output("c1"), answer],
    dropped: [user, answer],
    refusal: "400 No tool call found for function call output with call_id c1.",
  },
  {
    code: "result-misplaced",
    name: "behind what the user said meanwhile",
    items: [user, call("c1"), thanks, output("c1"), answer],
    path: "$.messages[3]",
    mended: [user, call("c1"), output("c1"), thanks, answer],
    dropped: [user, thanks, answer],
  },
  {
    code: "result-duplicated",
    name: "beside the first one",
    items: [user, call("c1"), output("c1"), output("c1", "rain"), answer],
    path: "$.messages[3]",
    mended: [user, call("c1"), output("c1"), answer],
  },
  {
    code: "call-id-duplicated",
    name: "within an answer",
    items: [user, call("c1"), call("c1", "time"), output("c1"), output("c1", "noon"), answer],
    path: "$.messages[2].call_id",
    mended: [
      user,
      call("c1"),
      call("call_repaired_1", "time"),
      output("c1"),
      output("call_repaired_1", "noon"),
      answer,
    ],
    dropped: [user, call("c1"), output("c1"), answer],
  },
  {
    code: "call-id-invalid",
    name: "as it is too long",
    items: [user, call("c".repeat(65)), output("c".repeat(65)), answer],
    path: "$.messages[1].call_id",
    mended: [user, call("call_repaired_1"), output("call_repaired_1"), answer],
    dropped: [user, answer],
    isReadable: true,
    refusal:
      "400 Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
  },
  {
    code: "arguments-invalid",
    name: "as they are no text",
    items: [user, call("c1", "weather", { city: "Rome" }), output("c1"), answer],
    path: "$.messages[1].arguments",
    mended: [user, call("c1"), output("c1"), answer],
    dropped: [user, answer],
    refusal: "400 Invalid type for 'input[1].arguments': expected a string, but got an object instead.",
  },
  {
    code: "call-invalid",
    name: "as it names no tool",
    items: [user, call("c1", null), output("c1"), answer],
    path: "$.messages[1]",
    mended: [user, answer],
    refusal: "400 Invalid type for 'input[1].name': expected a string, but got null instead.",
  },
  {
    code: "content-invalid",
    name: "of an output",
    items: [user, call("c1"), output("c1", null), answer],
    path: "$.messages[2].output",
    mended: [user, call("c1"), output("c1", ""), answer],
    dropped: [user, answer],
    refusal:
      "400 Invalid type for 'input[2].output': expected one of a string or array of objects, but got null instead.",
  },
  {
    code: "role-unknown",
    name: "of Chat Completions",
    items: [user, { role: "tool", content: "x" }, answer],
    path: "$.messages[1].role",
    mended: [user, answer],
    refusal:
      "400 Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
  },
  {
    code: "message-invalid",
    name: "null",
    items: [user, null, answer],
    path: "$.messages[1]",
    mended: [user, answer],
    refusal: "400 Invalid type for 'input[1]': expected an object, but got null instead.",
  },
  {
    code: "tool-gone",
    name: "with its output",
    items: [user, reasoning, call("c1", "forecast"), output("c1", "rain"), answer],
    path: "$.messages[2]",
    mended: [
      user,
      reasoning,
      {
        type: "message",
        role: "assistant",
        content:
          '[The tool forecast, which is no longer available, was called with {"city":"Rome"} and answered: rain]',
      },
      answer,
    ],
    dropped: [user, reasoning, answer],
    isReadable: true,
    options: { tools: ["weather"] },
  },
];

describe("a damaged thread of a responses agent is accepted when it is mended", () => {
  test.each(cases.map((each) => [each.code, each.name, each] as const))(
    "%s %s",
    async (code, _name, each) => {
      const { items, path, mended, dropped = mended, refusal, isReadable, options } = each;
      const thread = itemsOf(items);
      const server = await startStrictServer();
      const agent = agentOf(server.url);
      const input = items as never;
      const sent = clientOf(server.url)
        .responses.create({ model: "m", input })
        .then(() => "accepted", String);
      expect(await sent).toContain(refusal ?? "accepted");
      const read = agent.deserializeThread(thread).then(
        () => true,
        (error: AgentError) => error.code,
      );
      expect(await read).toBe(isReadable ?? "THREAD_INVALID");
      expect(checkThread(thread, options)).toMatchObject([{ code, path }]);
      const repaired = repairThread(thread, "synthesize", options);
      expect(messagesOf(repaired.thread)).toEqual(mended);
      expect(checkThread(repaired.thread, options)).toEqual([]);
      expect(messagesOf(repairThread(thread, "drop", options).thread)).toEqual(dropped);
      for (const whole of [mended, dropped]) {
        const { text } = await agent.run("And now?", await agent.deserializeThread(itemsOf(whole)));
        expect(text).toBe("ok");
      }
    },
  );
});

describe("what the service keeps", () => {
  const service = { response: "resp_0" };

  test("is left when the thread was mended, since it was not mended there", () => {
    const thread = itemsOf([user, call("c1"), thanks], { service });
    const expected = [
      { code: "result-missing", path: "$.messages[1]" },
      { code: "service-outdated", path: "$.service" },
    ];
    expect(checkThread(thread)).toMatchObject(expected);
    const { thread: mended, changes } = repairThread(thread, "synthesize");
    expect(mended).toEqual(itemsOf([user, call("c1"), interrupted("c1"), thanks]));
    expect(changes).toMatchObject(expected);
    expect(() => repairThread(thread, { "service-outdated": "stop" })).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path: "$.service" }) as Error,
    );
  });

  test("stays when nothing was wrong, also while a call waits", () => {
    const calls = [{ callId: "c1", state: "approval-needed" }];
    const turn = { id: "t", start: 0, rounds: 1, calls };
    const thread = itemsOf([user, call("c1"), reasoning, call("c2"), output("c2")], { service, turn });
    expect(checkThread(thread)).toEqual([]);
    expect(repairThread(thread, "drop")).toEqual({ thread, changes: [] });
    const { thread: closed } = repairThread(thread, "synthesize", { openTurn: "close" });
    expect(closed).toEqual(itemsOf([...messagesOf(thread), interrupted("c1")]));
  });
});

describe("whatever is wrong with items", () => {
  const id = fc.constantFrom<unknown>("c1", "c2", "c3", "", undefined, 7, "x".repeat(65));
  const said = fc.constantFrom<unknown>(
    "x",
    "",
    undefined,
    null,
    [],
    [1],
    [{ type: "input_text", text: "x" }],
    { a: 1 },
  );
  const role = fc.constantFrom("user", "assistant", "system", "tool", undefined);
  const item = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(id, fc.constantFrom("f", "", "a b", 5), said).map((parts) => call(...parts)),
    },
    { weight: 5, arbitrary: fc.tuple(id, said).map((parts) => output(...parts)) },
    { weight: 4, arbitrary: fc.tuple(role, said).map(([by, content]) => ({ role: by, content })) },
    { weight: 1, arbitrary: fc.constant(reasoning) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(null, {}, { type: 5 }, { type: "item_reference", id: "x" }),
    },
  );
  const turn = fc.record({
    id: fc.constant("t"),
    start: fc.nat(3),
    rounds: fc.nat(2),
    calls: fc.array(fc.record({ callId: fc.constantFrom("c1", "c2"), state: fc.constant("started") }), {
      maxLength: 2,
    }),
  });
  const threads = fc
    .tuple(fc.array(item, { maxLength: 8 }), fc.option(turn, { nil: undefined }))
    .map(([items, open]) => itemsOf(items, { service: { response: "resp_0" }, turn: open }))
    .map((thread) => JSON.parse(JSON.stringify(thread)) as SerializedThread);
  const policies = fc.constantFrom<RepairPolicy>("synthesize", "drop", { "result-missing": "drop" });
  const options: fc.Arbitrary<CheckOptions> = fc.record({
    tools: fc.constantFrom(undefined, ["f"], []),
    openTurn: fc.constantFrom("keep" as const, "close" as const),
    strictOrder: fc.boolean(),
  });

  test("a repair leaves no damage, and a second one changes nothing", () => {
    const reader = { kind: responsesThreadKind, agent: "Assistant", acceptOtherAgent: false };
    fc.assert(
      fc.property(threads, policies, options, (thread, policy, rules) => {
        const { thread: mended, changes } = repairThread(thread, policy, rules);
        expect(checkThread(mended, rules)).toEqual([]);
        expect(repairThread(mended, policy, rules)).toEqual({ thread: mended, changes: [] });
        expect(JSON.stringify(mended) === JSON.stringify(thread)).toBe(changes.length === 0);
        expect(() => readThread(mended, reader)).not.toThrow();
        const input = messagesOf(repairThread(mended, policy, { openTurn: "close" }).thread);
        expect(findResponsesRefusal({ input })).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
