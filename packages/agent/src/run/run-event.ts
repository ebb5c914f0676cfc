import type { LeftOut } from "../left-out.ts";
import type { PendingApproval } from "../thread.ts";

/** An event about a tool call of a streamed run. */
export type ToolEvent =
  /** A tool is about to run. `arguments` is the model's text, not parsed yet. */
  | {
      readonly type: "tool-call";
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  /** A call has its result. Of concurrent calls, the fastest comes first. */
  | {
      readonly type: "tool-result";
      readonly callId: string;
      readonly name: string;
      readonly content: string;
      /** Whether the call failed: unknown tool, invalid arguments, not approved, or the tool threw an error. */
      readonly isError: boolean;
    }
  /** A call waits for approval: see `needsApproval` of a tool and `resume` of an agent. */
  | ({ readonly type: "approval-needed" } & PendingApproval);

/** An event of a streamed run. */
export type RunEvent<Message extends object> =
  /** The next piece of the model's text. */
  | { readonly type: "text"; readonly delta: string }
  /** The next piece of the model's refusal. */
  | { readonly type: "refusal"; readonly delta: string }
  /** A message of the model or a tool result. It is added to the thread when the run ends successfully. */
  | { readonly type: "message"; readonly message: Message }
  /**
   * The service no longer stores the conversation, or has added to it what the thread does not contain, and receives the
   * thread's messages instead.
   */
  | { readonly type: "restarted" }
  /** The service rejected content of earlier turns, which was left out of the request. The thread keeps it. */
  | ({ readonly type: "left-out" } & LeftOut)
  | ToolEvent;

export type EmitEvent<Message extends object> = (event: RunEvent<Message>) => void;
