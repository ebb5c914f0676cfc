import { untilAborted } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { ModelRequest } from "../run/protocol.ts";
import { SCRIPTED_KIND, type ScriptedMessage, type ScriptedModel } from "../scripted-agent.test-helper.ts";

/** The longest content that the strict model accepts. */
export const MAX_CONTENT_LENGTH = 300;

export interface StrictModel extends ScriptedModel {
  /** A text that it rejects from now on, such as a URL that has expired. */
  rejected: string | undefined;
  /** Whether it stops in the middle of an answer, until the request is aborted. */
  pauses: boolean;
}

/** Returns why a provider would reject the messages. */
export function findRejection(
  messages: readonly ScriptedMessage[],
  rejected: string | undefined,
): string | undefined {
  const open = SCRIPTED_KIND.findOpenCalls(messages, "$.messages", "MODEL_REFUSED");
  if (open.calls.length > 0) return "a call has no result";
  for (const [index, { role, content }] of messages.entries()) {
    const text = JSON.stringify(content);
    if (text.length > MAX_CONTENT_LENGTH) return `message ${index} is too long`;
    if (rejected !== undefined && text.includes(rejected)) return `message ${index} cannot be downloaded`;
    if (role === "assistant" && content === "") return `message ${index} is empty`;
    if (role === "user" && messages[index + 1]?.role === "user") return `message ${index} has no answer`;
  }
  return undefined;
}

/**
 * A model that rejects what the strictest providers reject, for good: calls without a result, long contents, questions
 * without an answer. It calls the tools that the question names, one in each response, and then says what it was asked.
 */
export function strictModel(): StrictModel {
  const requests: ModelRequest<ScriptedMessage>[] = [];
  const model: StrictModel = {
    requests,
    rejected: undefined,
    pauses: false,
    async ask(request) {
      request.signal.throwIfAborted();
      requests.push(request);
      const rejection = findRejection(request.messages, model.rejected);
      if (rejection !== undefined)
        throw new AgentError("MODEL_REFUSED", `400: ${rejection}.`, { status: 400 });
      const start = request.messages.findLastIndex(({ role }) => role === "user");
      const question = JSON.stringify(request.messages[start]?.content ?? "");
      const results = request.messages.slice(start).filter(({ role }) => role === "tool").length;
      const name = [...question.matchAll(/use (\w+)/gu)].map(([, tool = ""]) => tool)[results];
      const message = name === undefined ? say(question, request, model) : call(`${start}-${results}`, name);
      const calls = (message.tool_calls ?? []).map(({ id, function: { arguments: text } }, index) => {
        return { callId: id, name: name ?? "", arguments: text, index };
      });
      const usage = { total_tokens: 1 };
      if (model.pauses && name === undefined) await untilAborted(new Promise(() => {}), request.signal);
      request.signal.throwIfAborted();
      return {
        messages: [message],
        calls,
        refusal: undefined,
        finishReason: "stop",
        usage,
        service: undefined,
      };
    },
  };
  return model;
}

function say(
  question: string,
  { emit }: ModelRequest<ScriptedMessage>,
  { pauses }: StrictModel,
): ScriptedMessage {
  const content = `re: ${question.slice(1, -1)}`;
  emit?.({ type: "text", delta: content.slice(0, 8) });
  if (pauses) return { role: "assistant", content };
  emit?.({ type: "text", delta: content.slice(8) });
  return { role: "assistant", content };
}

function call(id: string, name: string): ScriptedMessage {
  return { role: "assistant", content: null, tool_calls: [{ id, function: { name, arguments: "{}" } }] };
}
