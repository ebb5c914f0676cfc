import { AgentError } from "../agent-error.ts";
import { PROVIDER_LIMITS } from "../limits/provider-limits.ts";
import { cutText, shortenText } from "../limits/shorten-text.ts";
import type { ToolCall } from "../thread/tool-call.ts";
import type { Model, Protocol } from "./protocol.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunSettings } from "./run-settings.ts";

type LimitSettings = Pick<RunSettings<object>, "longResults" | "provider">;

/**
 * Returns a protocol that never adds messages to a thread that its provider would reject for ever: it rejects a
 * response whose calls cannot be answered before any of them runs, and shortens results that are too long.
 */
export function limitProtocol<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
>(
  settings: LimitSettings,
  protocol: Protocol<Kind, Message, Usage, Input, Options>,
): Protocol<Kind, Message, Usage, Input, Options> {
  const { isChatCompletions } = protocol.threads.wireForm;
  return {
    ...protocol,
    createModel: (options) => limitModel(settings, protocol.createModel(options), isChatCompletions),
  };
}

function limitModel<Message extends object, Usage extends object>(
  settings: LimitSettings,
  model: Model<Message, Usage>,
  isChatCompletions: boolean,
): Model<Message, Usage> {
  return {
    ...model,
    async ask(request) {
      const response = await model.ask(request);
      if (isChatCompletions) checkCallCount(response.calls, settings);
      return response;
    },
    toToolResult(call, content, isError) {
      // The results of other kinds of calls may be images or JSON, of which a part is not valid.
      const isText = call.kind === undefined || call.hasTextResult === true;
      return model.toToolResult(call, isText ? limitResult(content, settings) : content, isError);
    },
  };
}

function checkCallCount({ length }: readonly ToolCall[], { provider }: LimitSettings): void {
  const maximum = PROVIDER_LIMITS[provider].callsPerMessage?.value ?? Infinity;
  if (length <= maximum) return;
  const message = `The model's response has ${length} tool calls, but the provider accepts only ${maximum} in one message. None of them ran. Ask for less in one turn, or set the agent's \`provider\` if it accepts more.`;
  throw new AgentError("RESPONSE_INVALID", message);
}

function limitResult(content: string, { provider, longResults }: LimitSettings): string {
  const maximum = PROVIDER_LIMITS[provider].textLength?.value ?? Infinity;
  if (content.length <= maximum) return content;
  if (longResults === "report") {
    return `The result of this call has ${content.length} characters, which is too long to be sent. The call took effect. Call again for a part of the result if that is safe.`;
  }
  if (longResults === "cut") return cutText(content, maximum);
  try {
    return shortenText(content, maximum, longResults);
  } catch {
    // The tool ran: an error would lose its effects, and a repeated turn would run it again.
    return cutText(content, maximum);
  }
}
