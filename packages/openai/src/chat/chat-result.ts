import type { ChatCompletionAssistantMessageParam } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { ChatMessage } from "./chat-message.ts";
import type { ChatThread } from "../thread/chat-thread.ts";

/** What a run came to. */
export interface ChatResult {
  /** The text of the model's last message; empty when it has none, as when the model refused. */
  readonly text: string;
  /** The model's refusal, where it gave one instead of an answer. */
  readonly refusal: string | undefined;
  /** What the run added to the thread, the input first; frozen. */
  readonly messages: readonly ChatMessage[];
  /** Why the model stopped: `stop`, `length`, `content_filter`, or whatever the provider says. */
  readonly finishReason: string | undefined;
  /** The tokens of all model calls of the run, in the provider's form; `undefined` if it counts none. */
  readonly usage: CompletionUsage | undefined;
  /** The thread that was run, or the new one when none was given. */
  readonly thread: ChatThread;
}

/** The text of a model's message, whether the provider sends a string or parts. */
export function readText({ content }: ChatCompletionAssistantMessageParam): string {
  if (content === undefined || content === null || typeof content === "string") return content ?? "";
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
