import type { CheckOptions, FindingCode } from "@threadstore/agent";
import { INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { messagesOf, threadOf, type Messages } from "../../../agent/dist/repair/threads.test-helper.js";
import {
  type RepairPolicy,
  checkThread,
  repairThread,
  createResponsesAgent,
  defineTool,
  type AgentError,
  type ResponsesAgent,
} from "../index.ts";
import { findResponsesRejection } from "../strict-server/responses-rules.test-helper.ts";
import { startStrictServer } from "../strict-server/strict-server.test-helper.ts";
import { CALL_CASES } from "./call-kinds.test-helper.ts";
import { toTranscript } from "./service-state.ts";

function itemsOf(items: Messages, members: object = {}): SerializedThread {
  return { ...threadOf(items, members), kind: "responses" };
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

const interrupted = (id: string): object => output(id, INTERRUPTED_RESULT);

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
}

function agentOf(url: string): ResponsesAgent {
  const tools = [defineTool({ name: "weather", run: () => "blue sky" })];
  return createResponsesAgent({ client: clientOf(url), model: "m", storage: "local", tools });
}

interface Case {
  readonly code: FindingCode;
  readonly name: string;
  readonly items: Messages;
  readonly path: string;
  readonly repaired: Messages;
  readonly dropped?: Messages;
  /** The error of the API; `undefined` if only deserializeThread rejects the thread. */
  readonly rejection?: string;
  /** Whether deserializeThread accepts the thread. */
  readonly isReadable?: true;
  readonly options?: CheckOptions;
}

const cases: readonly Case[] = [
  {
    code: "result-missing",
    name: "of one of two calls",
    items: [user, reasoning, call("c1"), call("c2"), output("c2"), answer, thanks],
    path: "$.messages[2]",
    repaired: [user, reasoning, call("c1"), call("c2"), output("c2"), interrupted("c1"), answer, thanks],
    dropped: [user, reasoning, call("c2"), output("c2"), answer, thanks],
    rejection: "400 No tool output found for function call c1.",
  },
  {
    code: "result-missing",
    name: "before a user message",
    items: [user, call("c1"), thanks],
    path: "$.messages[1]",
    repaired: [user, call("c1"), interrupted("c1"), thanks],
    dropped: [user, thanks],
    rejection: "400 No tool output found for function call c1.",
  },
  {
    code: "result-orphaned",
    name: "whose call was cut off",
    items: [output("c1"), answer, thanks],
    path: "$.messages[0]",
    repaired: [answer, thanks],
    rejection: "400 No tool call found for function call output with call_id c1.",
  },
  {
    code: "result-misplaced",
    name: "before its call",
    items: [user, output("c1"), call("c1"), answer],
    path: "$.messages[1]",
    repaired: [user, call("c1"), output("c1"), answer],
    dropped: [user, answer],
    rejection: "400 No tool call found for function call output with call_id c1.",
  },
  {
    code: "result-misplaced",
    name: "after a user message",
    items: [user, call("c1"), thanks, output("c1"), answer],
    path: "$.messages[3]",
    repaired: [user, call("c1"), output("c1"), thanks, answer],
    dropped: [user, thanks, answer],
  },
  {
    code: "result-duplicated",
    name: "after the first one",
    items: [user, call("c1"), output("c1"), output("c1", "rain"), answer],
    path: "$.messages[3]",
    repaired: [user, call("c1"), output("c1"), answer],
  },
  {
    code: "call-id-duplicated",
    name: "within a response",
    items: [user, call("c1"), call("c1", "time"), output("c1"), output("c1", "noon"), answer],
    path: "$.messages[2].call_id",
    repaired: [
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
    name: "that is too long",
    items: [user, call("c".repeat(65)), output("c".repeat(65)), answer],
    path: "$.messages[1].call_id",
    repaired: [user, call("call_repaired_1"), output("call_repaired_1"), answer],
    dropped: [user, answer],
    isReadable: true,
    rejection:
      "400 Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
  },
  {
    code: "arguments-invalid",
    name: "that are not a string",
    items: [user, call("c1", "weather", { city: "Rome" }), output("c1"), answer],
    path: "$.messages[1].arguments",
    repaired: [user, call("c1"), output("c1"), answer],
    dropped: [user, answer],
    rejection: "400 Invalid type for 'input[1].arguments': expected a string, but got an object instead.",
  },
  {
    code: "call-invalid",
    name: "without a tool name",
    items: [user, call("c1", null), output("c1"), answer],
    path: "$.messages[1]",
    repaired: [user, answer],
    rejection: "400 Invalid type for 'input[1].name': expected a string, but got null instead.",
  },
  {
    code: "content-invalid",
    name: "of an output",
    items: [user, call("c1"), output("c1", null), answer],
    path: "$.messages[2].output",
    repaired: [user, call("c1"), output("c1", ""), answer],
    dropped: [user, answer],
    rejection:
      "400 Invalid type for 'input[2].output': expected one of a string or array of objects, but got null instead.",
  },
  {
    code: "role-unknown",
    name: "of Chat Completions",
    items: [user, { role: "tool", content: "x" }, answer],
    path: "$.messages[1].role",
    repaired: [user, answer],
    rejection:
      "400 Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
  },
  {
    code: "message-invalid",
    name: "null",
    items: [user, null, answer],
    path: "$.messages[1]",
    repaired: [user, answer],
    rejection: "400 Invalid type for 'input[1]': expected an object, but got null instead.",
  },
  {
    code: "tool-gone",
    name: "with its output",
    items: [user, reasoning, call("c1", "forecast"), output("c1", "rain"), answer],
    path: "$.messages[2]",
    repaired: [
      user,
      reasoning,
      {
        type: "message",
        role: "assistant",
        content:
          '[Called the tool forecast, which is no longer available, with {"city":"Rome"}. It returned: rain]',
      },
      answer,
    ],
    dropped: [user, reasoning, answer],
    isReadable: true,
    options: { tools: ["weather"] },
  },
];

describe("the API and the agent reject a corrupt thread and accept the repaired one", () => {
  test.each(cases.map((each) => [each.code, each.name, each] as const))(
    "%s %s",
    async (code, _name, each) => {
      const { items, path, repaired, dropped = repaired, rejection, isReadable, options } = each;
      const thread = itemsOf(items);
      const server = await startStrictServer();
      const agent = agentOf(server.url);
      const input = items as never;
      const sent = clientOf(server.url)
        .responses.create({ model: "m", input })
        .then(() => "accepted", String);
      expect(await sent).toContain(rejection ?? "accepted");
      const read = agent.deserializeThread(thread).then(
        () => true,
        (error: AgentError) => error.code,
      );
      expect(await read).toBe(isReadable ?? "THREAD_INVALID");
      expect(checkThread(thread, options)).toMatchObject([{ code, path }]);
      const synthesized = repairThread(thread, "synthesize", options);
      expect(messagesOf(synthesized.thread)).toEqual(repaired);
      expect(checkThread(synthesized.thread, options)).toEqual([]);
      expect(messagesOf(repairThread(thread, "drop", options).thread)).toEqual(dropped);
      for (const valid of [repaired, dropped]) {
        const { text } = await agent.run("And now?", await agent.deserializeThread(itemsOf(valid)));
        expect(text).toBe("ok");
      }
    },
  );
});

describe("the reference to a service", () => {
  const service = { response: "resp_0" };

  test("is removed by a repair, because the service does not repair its copy", () => {
    const thread = itemsOf([user, call("c1"), thanks], { service });
    const expected = [
      { code: "result-missing", path: "$.messages[1]" },
      { code: "service-outdated", path: "$.service" },
    ];
    expect(checkThread(thread)).toMatchObject(expected);
    const { thread: repaired, changes } = repairThread(thread, "synthesize");
    expect(repaired).toEqual(itemsOf([user, call("c1"), interrupted("c1"), thanks]));
    expect(changes).toMatchObject(expected);
    expect(() => repairThread(thread, { "service-outdated": "stop" })).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path: "$.service" }) as Error,
    );
  });

  test("is kept without a finding, even while a call waits", () => {
    const calls = [{ callId: "c1", state: "approval-needed" }];
    const turn = { id: "t", start: 0, rounds: 1, calls };
    const thread = itemsOf([user, call("c1"), reasoning, call("c2"), output("c2")], { service, turn });
    expect(checkThread(thread)).toEqual([]);
    expect(repairThread(thread, "drop")).toEqual({ thread, changes: [] });
    const { thread: closed } = repairThread(thread, "synthesize", { openTurn: "close" });
    const unaccepted = [{ start: 1, end: 6 }];
    expect(closed).toEqual(itemsOf([...messagesOf(thread), interrupted("c1")], { unaccepted }));
  });
});

describe("a thread with randomly corrupted items", () => {
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
  // Calls of every kind and their answers, some of whose members are missing or of another type.
  const kinds = fc.constantFrom(...Object.values(CALL_CASES));
  const ofKind = fc
    .tuple(kinds, id, fc.boolean(), fc.option(fc.nat(6), { nil: undefined }), said)
    .map(([kind, callId, isCall, index, value]) => {
      const item = (isCall ? kind.call("?") : kind.succeeded("?")) as { readonly [member: string]: unknown };
      return Object.fromEntries(
        Object.entries(item).map(([name, member], position) => {
          if (member === "?") return [name, callId];
          return [name, position === index && name !== "type" ? value : member];
        }),
      );
    });
  const item = fc.oneof(
    { weight: 6, arbitrary: ofKind },
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

  test("has no findings after a repair, and a second repair does not change it", async () => {
    const agent = agentOf("http://127.0.0.1:1");
    await fc.assert(
      fc.asyncProperty(threads, policies, options, async (thread, policy, rules) => {
        const { thread: repaired, changes } = repairThread(thread, policy, rules);
        expect(checkThread(repaired, rules)).toEqual([]);
        expect(repairThread(repaired, policy, rules)).toEqual({ thread: repaired, changes: [] });
        expect(JSON.stringify(repaired) === JSON.stringify(thread)).toBe(changes.length === 0);
        expect((await agent.deserializeThread(repaired)).messages).toEqual(messagesOf(repaired));
        const closed = messagesOf(repairThread(repaired, policy, { openTurn: "close" }).thread);
        expect(findResponsesRejection({ input: toTranscript(closed as never) })).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
