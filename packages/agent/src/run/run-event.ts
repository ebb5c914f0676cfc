/** What happens to the calls of a streamed run. */
export type ToolEvent =
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
      /** Whether the call failed: unknown tool, invalid arguments, not approved, or the tool threw. */
      readonly isError: boolean;
    }
  /** A call waits for a person's yes or no: see `needsApproval` of a tool, and `resume` of an agent. */
  | {
      readonly type: "approval-needed";
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    };

/** What happens during a streamed run, in the order in which it happens. */
export type RunEvent<Message extends object> =
  /** The next piece of the model's text. */
  | { readonly type: "text"; readonly delta: string }
  /** The next piece of the model's refusal. */
  | { readonly type: "refusal"; readonly delta: string }
  /** A message that the run adds to the thread when it has ended well: the model's, or a tool's result. */
  | { readonly type: "message"; readonly message: Message }
  /** The service had forgotten the conversation, and is sent what the thread has of it. */
  | { readonly type: "restarted" }
  | ToolEvent;

export type EmitEvent<Message extends object> = (event: RunEvent<Message>) => void;
