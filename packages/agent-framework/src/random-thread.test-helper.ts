import fc from "fast-check";
import type { AgentFrameworkShape } from "./index.ts";

// Threads are generated as text, because JavaScript values cannot represent all of them.

export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("x", "data:image/png;base64,AA=="),
);
const quoted = text.map((value) => JSON.stringify(value));
const bare = fc.constantFrom("null", "true", "0", "-1.50", "1e400", "12345678901234567890");
const name = fc.oneof(fc.constantFrom("1", "0", "__proto__", "$type", "type", "text", "messages"), text);

function object(...members: (readonly [string, string | undefined])[]): string {
  const present = members.filter(([, value]) => value !== undefined);
  return `{${present.map(([member, value]) => `${JSON.stringify(member)}:${value}`).join(",")}}`;
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
    .map(([memberValues, positions]) =>
      object(...positions.map((position) => [members[position]?.[0] ?? "", memberValues[position]] as const)),
    );
}

const callId = fc.constantFrom('"c1"', '"c2"', '"c3"');
const media = fc.constantFrom(
  '"data:image/png;base64,AA=="',
  '"data:audio/wav;base64,AA=="',
  '"data:application/pdf;base64,AA=="',
  '"data:text/plain;base64,AA=="',
);

type Pick = (csharp: string, python: string) => string;

function pickFor(isCsharp: boolean): Pick {
  return (csharp, python) => (isCsharp ? csharp : python);
}

/** Returns a generator for content items of a type, with the members that all content items can have. */
function contentFor(pick: Pick): (type: string, ...members: Members) => fc.Arbitrary<string> {
  const common: Members = [
    [pick("additionalProperties", "additional_properties"), maybe(jsonObject)],
    ["annotations", maybe(fc.constantFrom("null", "[]", '[{"a":1}]'))],
    ["strange", maybe(json)],
  ];
  return (type, ...members) =>
    // $type stays in front: otherwise it would be moved there.
    record([...members, ...common], true).map((body) => {
      const end = body === "{}" ? "}" : `,${body.slice(1)}`;
      return `{${JSON.stringify(pick("$type", "type"))}:${JSON.stringify(type)}${end}`;
    });
}

function calls(isCsharp: boolean): fc.Arbitrary<string> {
  const pick = pickFor(isCsharp);
  const asText = fc.oneof(
    quoted,
    jsonObject,
    jsonObject.map((value) => JSON.stringify(value)),
  );
  return contentFor(pick)(
    pick("functionCall", "function_call"),
    [pick("callId", "call_id"), callId],
    ["name", quoted],
    ["arguments", maybe(isCsharp ? jsonObject : asText)],
  );
}

/** Generates calls and results of tools that a service runs. */
function hostedContents(isCsharp: boolean): fc.Arbitrary<string>[] {
  const pick = pickFor(isCsharp);
  const content = contentFor(pick);
  return [
    content(
      pick("mcpServerToolCall", "mcp_server_tool_call"),
      [pick("name", "tool_name"), maybe(quoted)],
      ["arguments", maybe(json)],
      [pick("callId", "call_id"), maybe(callId)],
    ),
    content(
      pick("codeInterpreterToolResult", "code_interpreter_tool_result"),
      ["outputs", json],
      [pick("callId", "call_id"), callId],
    ),
  ];
}

function contents(isCsharp: boolean): fc.Arbitrary<string> {
  const pick = pickFor(isCsharp);
  const content = contentFor(pick);
  const call = calls(isCsharp);
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
    call,
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
      [pick("toolCall", "function_call"), call],
    ),
    content(
      pick("toolApprovalResponse", "function_approval_response"),
      [pick("requestId", "id"), quoted],
      ["approved", fc.constantFrom("true", "false")],
      [pick("toolCall", "function_call"), call],
    ),
    content("somethingNew", ["value", json]),
    ...hostedContents(isCsharp),
  );
}

/** Generates messages of a shape. */
export function randomMessage(shape: AgentFrameworkShape): fc.Arbitrary<string> {
  const isCsharp = shape.startsWith("csharp");
  const roles = fc.constantFrom("user", "assistant", "tool", "system", "critic");
  const role = roles.map((value) =>
    shape === "python-thread" ? `{"type":"role","value":"${value}"}` : `"${value}"`,
  );
  const list = fc.array(contents(isCsharp), { maxLength: 4 }).map((items) => `[${items.join(",")}]`);
  const python: Members = [["type", fc.constant('"chat_message"')]];
  return record(
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
}

/**
 * Writes a thread of each shape from its messages, the state of another provider, and a service's conversation id.
 */
const FRAMES: {
  readonly [Shape in Exclude<AgentFrameworkShape, "python-history">]: (
    list: string,
    state: string,
    id: string,
  ) => string;
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

// A provider's state with a list of messages would look like a second history.
const state = json.filter((value) => !value.includes('"messages"'));

/** A shape that is one JSON object. */
export type ObjectShape = keyof typeof FRAMES;

export const shapes: readonly ObjectShape[] = Object.keys(FRAMES) as ObjectShape[];

/** Writes a thread of a shape. */
export function frameThread(
  shape: ObjectShape,
  messages: readonly string[],
  other: string,
  id = "null",
): string {
  return FRAMES[shape](`[${messages.join(",")}]`, other, id);
}

/** Generates threads of a shape. */
export function randomThread(
  shape: ObjectShape,
  messages: fc.Arbitrary<readonly string[]> = fc.array(randomMessage(shape), { maxLength: 6 }),
): fc.Arbitrary<string> {
  return fc
    .tuple(messages, state, fc.constantFrom("null", '"resp_1"'))
    .map(([list, other, id]) => FRAMES[shape](`[ ${list.join(" ,\n")} ]`, other, id));
}
