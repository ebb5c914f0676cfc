import type { JsonObject } from "@threadstore/core/documents";
import { isEmptyAnswer } from "../repair/repair-contents.ts";
import { type MessageEntry, roleOf } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import type { Model, Protocol } from "./protocol.ts";
import type { RunOptions } from "./run-options.ts";

/** The answer of a model that does not give one, for example because its reasoning used up all tokens. */
const NO_ANSWER = "(The model gave no answer.)";

/** Returns a protocol whose models fill answers without content: see {@link fillEmptyAnswers}. */
export function fillProtocol<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
>(protocol: Protocol<Kind, Message, Usage, Input, Options>): Protocol<Kind, Message, Usage, Input, Options> {
  const { wireForm } = protocol.threads;
  return {
    ...protocol,
    createModel: (options) => fillEmptyAnswers(protocol.createModel(options), wireForm),
  };
}

/**
 * Returns a model whose answers always have content: most providers reject an empty message of the assistant in later
 * requests. The text of the answer stays empty. An empty message is left out if the response has another one or calls.
 */
function fillEmptyAnswers<Message extends object, Usage extends object>(
  model: Model<Message, Usage>,
  wireForm: WireForm,
): Model<Message, Usage> {
  const read = (message: Message): MessageEntry => wireForm.read(message as unknown as JsonObject, "", 0);
  const fill = (message: Message): Message => {
    const answer = model.toAnswer(NO_ANSWER);
    // Other forms identify the message in the service, where it is empty.
    return wireForm.isChatCompletions ? { ...message, ...answer } : answer;
  };
  return {
    ...model,
    async ask(request) {
      const response = await model.ask(request);
      const { messages, calls } = response;
      const empty = new Set(messages.filter((message) => isEmptyAnswer(read(message))));
      if (empty.size === 0) return response;
      const others = messages.filter((message) => !empty.has(message));
      const hasOutput = calls.length > 0 || others.some((message) => roleOf(read(message)) === "assistant");
      const filled = messages.map((message) => (empty.has(message) ? fill(message) : message));
      return { ...response, messages: hasOutput ? others : filled };
    },
    readText(messages) {
      const text = model.readText(messages);
      return text === NO_ANSWER ? "" : text;
    },
  };
}
