import type { Provider } from "@threadstore/agent";
import { openaiRules } from "./openai-rules.test-helper.ts";
import {
  callIds,
  each,
  invalidRequest,
  isObject,
  wrongType,
  type ChatRequest,
  type Message,
  type Rejection,
  type Rule,
} from "./request.test-helper.ts";

// The sources are those of PROVIDER_LIMITS in @threadstore/agent. The rules are stated again, so that a wrong limit
// there does not change what these servers reject.

/** Returns the rejection of a request by that provider; `undefined` if it accepts the request. */
export function findProviderRejection(provider: Provider, request: ChatRequest): Rejection | undefined {
  for (const rule of [...openaiRules, ...rules[provider]]) {
    const rejection = rule(request);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

const limitsCalls = each((message, index) => {
  const { length } = callIds(message);
  const path = `messages[${index}].tool_calls`;
  if (length <= 128) return undefined;
  const text = `Invalid '${path}': array too long. Expected an array with maximum length 128, but got an array with length ${length} instead.`;
  return invalidRequest(text, path, "array_above_max_length");
});

const limitsTexts = each((message, index) => {
  const length = Math.max(...textsOf(message).map((text) => text.length));
  const path = `messages[${index}].content`;
  if (length <= 10_485_760) return undefined;
  const text = `Invalid '${path}': string too long. Expected a string with maximum length 10485760, but got a string with length ${length} instead.`;
  return invalidRequest(text, path, "string_above_max_length");
});

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

const checksNames = each(({ name }, index) => {
  const path = `messages[${index}].name`;
  if (name === undefined || (typeof name === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(name)))
    return undefined;
  const text = `Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
  return invalidRequest(text, path, "invalid_value");
});

function partTypes({ content }: Message): unknown[] {
  return Array.isArray(content) ? content.map((part: unknown) => (isObject(part) ? part["type"] : "")) : [];
}

const limitsImagesToUsers = each((message, index) => {
  if (message["role"] === "user" || !partTypes(message).includes("image_url")) return undefined;
  const text = `Invalid 'messages[${index}]'. Image URLs are only allowed for messages with role 'user', but this message with role '${String(message["role"])}' contains an image URL.`;
  return invalidRequest(text);
});

const rejectsImages = each((message, index) => {
  if (!partTypes(message).includes("image_url")) return undefined;
  return invalidRequest(
    `Failed to deserialize the JSON body into the target type: messages[${index}]: unknown variant \`image_url\`, expected \`text\``,
  );
});

/** https://github.com/microsoft/promptflow/issues/3946 and https://github.com/openai-php/client/issues/249 */
const requiresImageObjects = each(({ content }, index) => {
  const parts: unknown[] = Array.isArray(content) ? content : [];
  const position = parts.findIndex(
    (part) => isObject(part) && part["type"] === "image_url" && !isObject(part["image_url"]),
  );
  if (position === -1) return undefined;
  const path = `messages[${index}].content[${position}].image_url`;
  return wrongType(path, "an object", (parts[position] as Message)["image_url"]);
});

const PARTS: readonly unknown[] = ["text", "image_url", "input_audio", "file", "refusal"];

/** The API reference lists refusals only as parts of assistant messages. */
const limitsRefusals = each((message, index) => {
  const position = partTypes(message).indexOf("refusal");
  if (position === -1 || message["role"] === "assistant") return undefined;
  const text =
    "Invalid value: 'refusal'. Supported values are: 'text', 'image_url', 'input_audio', and 'file'.";
  return invalidRequest(text, `messages[${index}].content[${position}].type`, "invalid_value");
});

const rejectsParts = each((message, index) => {
  const position = partTypes(message).findIndex((type) => !PARTS.includes(type));
  if (position === -1) return undefined;
  const path = `messages[${index}].content[${position}].type`;
  const text = `Invalid value: '${String(partTypes(message)[position])}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.`;
  return invalidRequest(text, path, "invalid_value");
});

const requiresTexts = each(({ role, content }, index) =>
  (role === "assistant" || role === "tool") && Array.isArray(content)
    ? invalidRequest(
        `Failed to deserialize the JSON body into the target type: messages[${index}]: invalid type: sequence, expected a string`,
      )
    : undefined,
);

const requiresContent = each(({ role, content }, index) => {
  const texts = textsOf(Array.isArray(content) ? content.map((part: Message) => part["text"]) : content);
  const isEmpty = role === "user" && texts.every((text) => text.trim() === "");
  return isEmpty ? invalidRequest(`messages.${index}: user messages must have non-empty content`) : undefined;
});

const requiresReasoning = each((message) => {
  const reasoning = message["reasoning_content"];
  if (callIds(message).length === 0 || (typeof reasoning === "string" && reasoning !== "")) return undefined;
  return invalidRequest("The `reasoning_content` in the thinking mode must be passed back to the API.");
});

const rejectsReasoning = each((message, index) =>
  message["reasoning_content"] === undefined
    ? undefined
    : invalidRequest(
        `'messages.${index}' : for 'role:assistant' the following must be satisfied[('messages.${index}' : property 'reasoning_content' is unsupported)]`,
      ),
);

function checksIds(pattern: RegExp, message: string): Rule {
  return each((value) =>
    callIds(value).every((id) => pattern.test(id)) ? undefined : invalidRequest(message),
  );
}

const MISTRAL_MEMBERS: { readonly [role: string]: readonly string[] } = {
  system: ["role", "content"],
  developer: ["role", "content"],
  user: ["role", "content"],
  assistant: ["role", "content", "tool_calls", "prefix"],
  tool: ["role", "content", "tool_call_id", "name"],
};

const forbidsExtraMembers = each((message, index) => {
  const accepted = MISTRAL_MEMBERS[String(message["role"])];
  const extra = Object.keys(message).find((name) => accepted?.includes(name) === false);
  if (extra === undefined) return undefined;
  return { status: 422, error: { type: "extra_forbidden", loc: ["body", "messages", index, extra] } };
});

const requiresOrder: Rule = ({ messages }) => {
  const isValid = messages.every(
    ({ role }, index) => role !== "user" || messages[index - 1]?.["role"] !== "tool",
  );
  return isValid ? undefined : invalidRequest("Unexpected role 'user' after role 'tool'", null, "3230");
};

const requiresResultNames = each(({ role, name }) =>
  role !== "tool" || (typeof name === "string" && name !== "")
    ? undefined
    : invalidRequest("Request contains an invalid argument."),
);

/** Gemini 3 checks the first call of each message since the last question. */
const requiresSignatures: Rule = ({ messages }) => {
  if (messages.at(-1)?.["role"] !== "tool") return undefined;
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  const unsigned = turn.find(({ tool_calls: calls }) => {
    const [first] = Array.isArray(calls) ? (calls as Message[]) : [];
    return first !== undefined && !JSON.stringify(first).includes('"thought_signature":"');
  });
  if (unsigned === undefined) return undefined;
  return invalidRequest("Function call is missing a thought_signature in functionCall parts.");
};

const openai: readonly Rule[] = [
  limitsCalls,
  limitsTexts,
  checksNames,
  limitsImagesToUsers,
  requiresImageObjects,
  rejectsParts,
  limitsRefusals,
];
const rules: { readonly [Name in Provider]: readonly Rule[] } = {
  openai,
  azure: openai,
  mistral: [
    checksIds(/^[a-zA-Z0-9]{9}$/, "Tool call id must be a-z, A-Z, 0-9, with a length of 9."),
    forbidsExtraMembers,
    limitsImagesToUsers,
    requiresOrder,
  ],
  groq: [rejectsReasoning],
  deepseek: [rejectsImages, requiresTexts, requiresReasoning],
  anthropic: [
    requiresContent,
    checksIds(/^[a-zA-Z0-9_-]+$/, "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"),
  ],
  gemini: [requiresResultNames, requiresSignatures],
  other: [],
};
