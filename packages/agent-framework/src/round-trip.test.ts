import type { SerializedThread } from "@threadstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAgentFrameworkThread, writeAgentFrameworkThread, type AgentFrameworkShape } from "./index.ts";
import { agent, canonical, messagesIn, messagesOf } from "./golden.test.helper.ts";

// As text throughout: a value of JavaScript could not hold what the generated threads hold.

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("x", "data:image/png;base64,AA=="),
);
const quoted = text.map((value) => JSON.stringify(value));
const bare = fc.constantFrom("null", "true", "0", "-1.50", "1e400", "12345678901234567890");
const name = fc.oneof(fc.constantFrom("1", "0", "__proto__", "$type", "type", "text", "messages"), text);

function object(...members: (readonly [string, string | undefined])[]): string {
  const there = members.filter(([, value]) => value !== undefined);
  return `{${there.map(([member, value]) => `${JSON.stringify(member)}:${value}`).join(",")}}`;
}

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    bare,
    quoted,
    fc.array(tie("json"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc.array(fc.tuple(name, tie("json")), { maxLength: 3 }).map((members) => object(...members)),
  ),
}));
const jsonObject = fc.array(fc.tuple(name, json), { maxLength: 3 }).map((members) => object(...members));

function maybe(value: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

type Members = readonly (readonly [string, fc.Arbitrary<string | undefined>])[];

function record(members: Members, mayReorder: boolean): fc.Arbitrary<string> {
  const values = fc.tuple(...members.map(([, value]) => value));
  const order = mayReorder
    ? fc.shuffledSubarray([...members.keys()], { minLength: members.length })
    : fc.constant([...members.keys()]);
  return fc
    .tuple(values, order)
    .map(([found, positions]) =>
      object(...positions.map((position) => [members[position]?.[0] ?? "", found[position]] as const)),
    );
}

const callId = fc.constantFrom('"c1"', '"c2"', '"c3"');
const media = fc.constantFrom(
  '"data:image/png;base64,AA=="',
  '"data:audio/wav;base64,AA=="',
  '"data:application/pdf;base64,AA=="',
  '"data:text/plain;base64,AA=="',
);

function contents(isCsharp: boolean): fc.Arbitrary<string> {
  const pick = (csharp: string, python: string): string => (isCsharp ? csharp : python);
  const common: Members = [
    [pick("additionalProperties", "additional_properties"), maybe(jsonObject)],
    ["annotations", maybe(fc.constantFrom("null", "[]", '[{"a":1}]'))],
    ["strange", maybe(json)],
  ];
  const content = (type: string, ...members: Members): fc.Arbitrary<string> =>
    // $type stays in front: to put it there is not to write what was read.
    record([...members, ...common], true).map((body) => {
      const rest = body === "{}" ? "}" : `,${body.slice(1)}`;
      return `{${JSON.stringify(pick("$type", "type"))}:${JSON.stringify(type)}${rest}`;
    });
  const call: Members = [
    [pick("callId", "call_id"), callId],
    ["name", quoted],
    [
      "arguments",
      maybe(
        isCsharp
          ? jsonObject
          : fc.oneof(
              quoted,
              jsonObject,
              jsonObject.map((value) => JSON.stringify(value)),
            ),
      ),
    ],
  ];
  const callContent = content(pick("functionCall", "function_call"), ...call);
  return fc.oneof(
    content("text", ["text", quoted]),
    content(
      pick("reasoning", "text_reasoning"),
      ["text", quoted],
      [pick("protectedData", "protected_data"), maybe(quoted)],
    ),
    content("data", ["uri", media], [pick("name", "media_type"), maybe(quoted)]),
    content(
      "uri",
      ["uri", quoted],
      [pick("mediaType", "media_type"), maybe(fc.constantFrom('"image/png"', '"text/css"'))],
    ),
    callContent,
    content(
      pick("functionResult", "function_result"),
      [pick("callId", "call_id"), callId],
      ["result", maybe(json)],
      [pick("odd", "items"), maybe(fc.constantFrom("[]", '[{"type":"text","text":"x"}]'))],
      [pick("odd2", "exception"), maybe(quoted)],
    ),
    content(
      "error",
      ["message", quoted],
      [pick("errorCode", "error_code"), maybe(fc.constantFrom('"Refusal"', '"E1"'))],
    ),
    content("usage", [pick("details", "usage_details"), jsonObject]),
    content(pick("hostedFile", "hosted_file"), [pick("fileId", "file_id"), quoted]),
    content(
      pick("toolApprovalRequest", "function_approval_request"),
      [pick("requestId", "id"), quoted],
      [pick("toolCall", "function_call"), callContent],
    ),
    content("somethingNew", ["value", json]),
  );
}

function messages(shape: AgentFrameworkShape): fc.Arbitrary<string> {
  const isCsharp = shape.startsWith("csharp");
  const roles = fc.constantFrom("user", "assistant", "tool", "system", "critic");
  const role = roles.map((value) =>
    shape === "python-thread" ? `{"type":"role","value":"${value}"}` : `"${value}"`,
  );
  const list = fc.array(contents(isCsharp), { maxLength: 4 }).map((items) => `[${items.join(",")}]`);
  const python: Members = [["type", fc.constant('"chat_message"')]];
  const message = record(
    [
      ...(isCsharp ? [] : python),
      ["role", role],
      ["contents", list],
      [isCsharp ? "authorName" : "author_name", maybe(fc.oneof(quoted, fc.constant('"ann"')))],
      [isCsharp ? "messageId" : "message_id", maybe(fc.oneof(quoted, fc.constant("null")))],
      [isCsharp ? "createdAt" : "odd", maybe(quoted)],
      [isCsharp ? "additionalProperties" : "additional_properties", maybe(jsonObject)],
    ],
    true,
  );
  return fc.array(message, { maxLength: 6 }).map((items) => `[ ${items.join(" ,\n")} ]`);
}

/** How a shape holds its messages, and what else there may be. */
const threads: {
  readonly [Shape in AgentFrameworkShape]: (list: string, state: string, id: string) => string;
} = {
  "csharp-session": (list, state, id) =>
    `{"conversationId":${id},"stateBag":{"Memory":${state},"InMemoryChatHistoryProvider":{"messages":${list}},"1":${state}}}`,
  "csharp-thread": (list, state, id) =>
    `{"aiContextProviderState":${state},"storeState":{"messages":${list},"1":2},"conversationId":${id}}`,
  "csharp-thread-renamed": (list, state) =>
    `{"chatHistoryProviderState":{"messages":${list}},"aiContextProviderState":${state}}`,
  "python-session": (list, state, id) =>
    `{"type":"session","session_id":"s","service_session_id":${id},"state":{"memory":${state},"in_memory":{"messages":${list}}},"version":"1.0"}`,
  "python-thread": (list, _state, id) =>
    `{"chat_message_store_state":{"messages":${list},"type":"chat_message_store_state"},"service_thread_id":${id},"type":"agent_thread_state"}`,
};

// A provider's state with a list of messages would be taken for a second history.
const state = json.filter((value) => !value.includes('"messages"'));

describe.each(Object.keys(threads) as AgentFrameworkShape[])("any thread of shape %s", (shape) => {
  const thread = fc
    .tuple(messages(shape), state, fc.constantFrom("null", '"resp_1"'))
    .map(([list, other, id]) => threads[shape](list, other, id));

  test("comes back as it was, by way of a thread that a store can keep", async () => {
    await fc.assert(
      fc.asyncProperty(thread, async (source) => {
        const read = readAgentFrameworkThread(source);
        expect(read.shape).toBe(shape);
        const kept = JSON.stringify(read.thread);
        expect(kept.isWellFormed()).toBe(true);
        expect(writeAgentFrameworkThread(kept).text).toBe(canonical(source));
        // An agent takes it up unless the report calls for a repair.
        const isBroken = read.report.some(({ kind }) => kind === "repair");
        const taken = await agent.deserializeThread(kept).then(
          () => true,
          () => false,
        );
        expect(taken).toBe(!isBroken);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("is read in another language as it was here, but for what the report names", () => {
    const to = shape.startsWith("csharp") ? "python-session" : "csharp-session";
    fc.assert(
      fc.property(thread, (source) => {
        const read = readAgentFrameworkThread(source);
        const written = writeAgentFrameworkThread(read.thread, { to });
        expect(messagesIn(written.text)).toHaveLength(messagesIn(source).length);
        const again = readAgentFrameworkThread(written.text);
        const isTold = written.report.some(({ kind }) => kind === "lost" || kind === "changed");
        const isSame = JSON.stringify(messagesOf(again.thread)) === JSON.stringify(messagesOf(read.thread));
        expect(isSame || isTold || hasOddArguments(read.thread)).toBe(true);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test("keeps what came from there when the conversation goes on", () => {
    fc.assert(
      fc.property(thread, text, (source, said) => {
        const read = readAgentFrameworkThread(source).thread;
        const added = { role: "user", content: said };
        const grown = { ...read, messages: [...messagesOf(read), added] } as SerializedThread;
        const before = messagesIn(source);
        const after = messagesIn(writeAgentFrameworkThread(grown).text);
        expect(after.slice(0, -1)).toEqual(before);
        expect(JSON.stringify(after.at(-1))).toContain(JSON.stringify(said));
      }),
      { seed: 3, numRuns: 40 },
    );
  });
});

/** Arguments that are empty say the same as an empty object, and white space in them says nothing. */
function hasOddArguments(thread: SerializedThread): boolean {
  const calls = messagesOf(thread).flatMap(({ tool_calls: list }) => (Array.isArray(list) ? list : []));
  const args = calls.map((call) => (call as { function: { arguments: string } }).function.arguments);
  return args.some((value) => value.trim() === "" || canonical(value) !== value);
}
