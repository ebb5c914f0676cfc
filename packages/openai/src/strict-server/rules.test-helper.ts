import { openaiRules } from "./openai-rules.test-helper.ts";
import {
  callIds,
  each,
  invalidRequest,
  isObject,
  type ChatRequest,
  type Message,
  type Rejection,
  type Rule,
} from "./request.test-helper.ts";

/**
 * The model servers whose rejections are reproduced, with their status and their message. Unlike a mock that accepts
 * everything, they distinguish a thread that a provider accepts from one that it will always reject.
 *
 * - `openai`: Chat Completions of OpenAI and Azure OpenAI.
 * - `vllm` and `llamaCpp`: parse the arguments of calls in the history.
 * - `mistral`: requires content in every message, and an answer between results and the next user message.
 * - `anthropic`: through a gateway that supports Chat Completions, such as LiteLLM or OpenRouter.
 * - `gemini`: through such a gateway; accepts only calls of tools in the request.
 * - `qwen` and `gemma`: the chat templates of these models on vLLM, SGLang and llama.cpp.
 */
export type StrictServerKind =
  | "anthropic"
  | "gemini"
  | "gemma"
  | "llamaCpp"
  | "mistral"
  | "openai"
  | "qwen"
  | "vllm";

/** Returns the rejection of a request by a server of that kind; `undefined` if it accepts the request. */
export function findRejection(kind: StrictServerKind, request: ChatRequest): Rejection | undefined {
  for (const rule of rules[kind]) {
    const rejection = rule(request);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function argumentTexts({ tool_calls: calls }: Message): string[] {
  const list = Array.isArray(calls) ? (calls as { function?: { arguments: string } }[]) : [];
  return list.flatMap((call) => (call.function === undefined ? [] : [call.function.arguments]));
}

function isJsonObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

const parsesArguments = each((message) => {
  if (argumentTexts(message).every(isJsonObject)) return undefined;
  const text = "Expecting ',' delimiter: line 1 column 54 (char 53)";
  return { status: 400, error: { message: text, type: "BadRequestError", param: null, code: 400 } };
});

const parsesArgumentsOrFails = each((message) => {
  if (argumentTexts(message).every(isJsonObject)) return undefined;
  const text =
    "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal";
  return { status: 500, error: { code: 500, message: text, type: "server_error" } };
});

function isEmpty({ role, content, tool_calls: calls }: Message): boolean {
  const hasNoContent = content === undefined || content === null || content === "";
  return role === "assistant" && hasNoContent && !Array.isArray(calls);
}

const requiresContent = each((message) =>
  isEmpty(message)
    ? invalidRequest("Assistant message must have either content or tool_calls, but not none.", null, "3240")
    : undefined,
);

const rejectsEmptyText = each((message) =>
  isEmpty(message) ? invalidRequest("messages: text content blocks must be non-empty") : undefined,
);

const requiresAnswers: Rule = ({ messages }) => {
  const index = messages.findIndex(
    ({ role }, position) => role === "user" && messages[position - 1]?.["role"] === "tool",
  );
  if (index === -1) return undefined;
  const message = "Unexpected role 'user' after role 'tool'";
  return {
    status: 400,
    error: { message, type: "invalid_request_message_order", param: null, code: "3230" },
  };
};

const requiresUniqueIds: Rule = ({ messages }) => {
  const known = new Set<string>();
  for (const [index, message] of messages.entries()) {
    for (const [position, id] of callIds(message).entries()) {
      if (known.has(id)) {
        return invalidRequest(`messages.${index}.content.${position}: \`tool_use\` ids must be unique`);
      }
      known.add(id);
    }
  }
  return undefined;
};

const requiresTools: Rule = ({ messages, tools }) => {
  if (tools !== undefined || messages.every((message) => callIds(message).length === 0)) return undefined;
  const message =
    "litellm.UnsupportedParamsError: Anthropic doesn't support tool calling without `tools=` param specified. Pass `tools=` param OR set `litellm.modify_params = True` // `litellm_settings::modify_params: True` to add dummy tool to the request.";
  return { status: 400, error: { message, type: "None", param: null, code: "400" } };
};

const requiresKnownTools: Rule = ({ messages, tools = [] }) => {
  const names = new Set(tools.map((tool) => tool.function?.name));
  const calls = messages.flatMap(({ tool_calls: list }) =>
    Array.isArray(list) ? (list as { function?: { name: string } }[]) : [],
  );
  if (calls.every((call) => names.has(call.function?.name))) return undefined;
  const message = "Request contains an invalid argument.";
  return { status: 400, error: { code: 400, message, status: "INVALID_ARGUMENT" } };
};

const requiresSystemFirst = each(({ role }, index) =>
  index > 0 && (role === "system" || role === "developer")
    ? invalidRequest("System message must be at the beginning.")
    : undefined,
);

const requiresAlternation: Rule = ({ messages }) => {
  const spoken = messages.filter(({ role }) => role === "user" || role === "assistant");
  const isAlternating = spoken.every(({ role }, index) => role === (index % 2 === 0 ? "user" : "assistant"));
  if (isAlternating) return undefined;
  const message = "Conversation roles must alternate user/assistant/user/assistant/...";
  return { status: 400, error: { message, type: "BadRequestError", param: null, code: 400 } };
};

const rules: { readonly [Kind in StrictServerKind]: readonly Rule[] } = {
  anthropic: [...openaiRules, requiresUniqueIds, rejectsEmptyText, requiresTools],
  gemini: [...openaiRules, requiresKnownTools],
  gemma: [...openaiRules, requiresAlternation],
  llamaCpp: [...openaiRules, parsesArgumentsOrFails],
  mistral: [...openaiRules, requiresContent, requiresAnswers],
  openai: openaiRules,
  qwen: [...openaiRules, requiresSystemFirst],
  vllm: [...openaiRules, parsesArguments],
};
