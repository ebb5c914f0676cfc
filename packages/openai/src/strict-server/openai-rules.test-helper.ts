import {
  callIds,
  describe,
  each,
  invalidRequest,
  isObject,
  type Message,
  missing,
  wrongType,
  type Rejection,
  type Rule,
} from "./request.test-helper.ts";

const parsesBody: Rule = (request) => {
  if (isWellFormed(request)) return undefined;
  return invalidRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
  );
};

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member));
}

const roles = ["system", "assistant", "user", "function", "tool", "developer"];

const checksRoles = each((message, index) => {
  const path = `messages[${index}]`;
  if (!isObject(message)) return wrongType(path, "an object", message);
  const { role, name } = message;
  if (role === undefined) return missing(`${path}.role`);
  if (!roles.some((known) => known === role)) {
    const text = `Invalid value: '${typeof role === "string" ? role : describe(role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`;
    return invalidRequest(text, `${path}.role`, "invalid_value");
  }
  if (role !== "function" || typeof name === "string") return undefined;
  const text = "Missing parameter 'name': messages with role 'function' must have a 'name'.";
  return invalidRequest(text, `messages.[${index}].name`);
});

const checksContent = each((message, index) => {
  const { role, content, tool_calls: calls, function_call: call, refusal, audio } = message;
  const path = `messages[${index}].content`;
  if (typeof content === "string") return undefined;
  if (content === null || content === undefined) {
    const isOptional =
      role === "function" ||
      (role === "assistant" &&
        [calls, call, refusal, audio].some((value) => value !== undefined && value !== null));
    if (isOptional) return undefined;
    if (content === undefined) return missing(path);
    return invalidRequest(
      "Invalid value for 'content': expected a string, got null.",
      `messages.[${index}].content`,
    );
  }
  if (!Array.isArray(content)) return wrongType(path, "one of a string or array of objects", content);
  if (role === "tool" && content.length === 0) {
    const text = `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    return invalidRequest(text, path, "empty_array");
  }
  for (const [position, part] of (content as unknown[]).entries()) {
    const partPath = `${path}[${position}]`;
    if (!isObject(part)) return wrongType(partPath, "an object", part);
    if (typeof part["type"] !== "string") return wrongType(`${partPath}.type`, "a string", part["type"]);
    if (/^(?:input_text|input_image|output_text)$/u.test(part["type"])) {
      const text = `Invalid value: '${part["type"]}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.`;
      return invalidRequest(text, `${partPath}.type`, "invalid_value");
    }
    if (part["type"] === "text" && typeof part["text"] !== "string") {
      return wrongType(`${partPath}.text`, "a string", part["text"]);
    }
  }
  return undefined;
});

const checksCalls = each(({ role, tool_calls: calls }, index) => {
  if (role !== "assistant" || calls === undefined) return undefined;
  const path = `messages[${index}].tool_calls`;
  if (!Array.isArray(calls)) return wrongType(path, "an array of objects", calls);
  if (calls.length === 0) {
    const text = `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    return invalidRequest(text, path, "empty_array");
  }
  for (const [position, call] of (calls as unknown[]).entries()) {
    const rejection = checkCall(call, `${path}[${position}]`);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
});

function checkCall(call: unknown, path: string): Rejection | undefined {
  if (!isObject(call)) return wrongType(path, "an object", call);
  const { id, type, function: definition } = call;
  if (typeof id !== "string") return wrongType(`${path}.id`, "a string", id);
  if (id.length > 40) {
    const text = `Invalid '${path}.id': string too long. Expected a string with maximum length 40, but got a string with length ${id.length} instead.`;
    return invalidRequest(text, `${path}.id`, "string_above_max_length");
  }
  if (typeof type !== "string") return wrongType(`${path}.type`, "a string", type);
  if (type !== "function" && type !== "custom") {
    const text = `Invalid value: '${type}'. Supported values are: 'function' and 'custom'.`;
    return invalidRequest(text, `${path}.type`, "invalid_value");
  }
  if (type !== "function") return undefined;
  if (!isObject(definition)) return wrongType(`${path}.function`, "an object", definition);
  return checkFunction(definition, `${path}.function`);
}

const checksFunctionCalls = each(({ role, function_call: call }, index) => {
  if (role !== "assistant" || call === undefined || call === null) return undefined;
  const path = `messages[${index}].function_call`;
  return isObject(call) ? checkFunction(call, path) : wrongType(path, "an object", call);
});

function checkFunction({ name, arguments: args }: Message, path: string): Rejection | undefined {
  const namePath = `${path}.name`;
  if (typeof name !== "string") return wrongType(namePath, "a string", name);
  if (name === "") {
    const text = `Invalid '${namePath}': empty string. Expected a string with minimum length 1, but got an empty string instead.`;
    return invalidRequest(text, namePath, "empty_string");
  }
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    const text = `Invalid '${namePath}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
    return invalidRequest(text, namePath, "invalid_value");
  }
  if (typeof args === "string") return undefined;
  return wrongType(`${path}.arguments`, "a string", args);
}

/** Each call must have one result directly after its message, and each result must have a call. */
const pairsResults: Rule = ({ messages }) => {
  let open: string[] = [];
  let answered = new Map<unknown, number>();
  for (const [index, message] of [...messages, undefined].entries()) {
    if (message?.["role"] !== "tool") {
      if (open.length > 0) return unanswered(open, index);
      open = message === undefined ? [] : callIds(message);
      answered = new Map();
      continue;
    }
    const id = message["tool_call_id"];
    if (id === undefined || id === null) {
      const text = "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.";
      return invalidRequest(text, `messages.[${index}].tool_call_id`);
    }
    const first = answered.get(id);
    if (first !== undefined) {
      const text = `Invalid parameter: Duplicate value for 'tool_call_id' of '${typeof id === "string" ? id : describe(id)}', in messages[${first}] and messages[${index}].`;
      return invalidRequest(text, `messages.[${index}].tool_call_id`);
    }
    if (!open.some((openId) => openId === id)) {
      const text =
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      return invalidRequest(text, `messages.[${index}].role`);
    }
    open = open.filter((openId) => openId !== id);
    answered.set(id, index);
  }
  return undefined;
};

function unanswered(ids: readonly string[], index: number): Rejection {
  const text = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`;
  return invalidRequest(text, `messages.[${index}].role`);
}

/** The rules of OpenAI and Azure OpenAI for Chat Completions. */
export const openaiRules: readonly Rule[] = [
  parsesBody,
  checksRoles,
  checksContent,
  checksCalls,
  checksFunctionCalls,
  pairsResults,
];
