import type { ChatMessage } from "../chat/chat-message.ts";

/** What happens during a streamed run, in the order in which it happens. */
export type ChatEvent =
  /** The next piece of the model's text. */
  | { readonly type: "text"; readonly delta: string }
  /** The next piece of the model's refusal. */
  | { readonly type: "refusal"; readonly delta: string }
  /** A message that the run adds to the thread when it has ended well: the model's, or a tool's result. */
  | { readonly type: "message"; readonly message: ChatMessage }
  /** A tool is about to run. `arguments` is the model's text, not yet parsed. */
  | {
      readonly type: "tool-call";
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  /** A call was answered; of calls that run at once, the fastest first. */
  | {
      readonly type: "tool-result";
      readonly callId: string;
      readonly name: string;
      readonly content: string;
      /** Whether the call failed: unknown tool, invalid arguments, or the tool threw. */
      readonly isError: boolean;
    };

export type EmitEvent = (event: ChatEvent) => void;
