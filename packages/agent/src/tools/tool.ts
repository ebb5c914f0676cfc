import type { JsonObject } from "../thread/json.ts";
import type { Thread } from "../thread/thread.ts";

/** A JSON Schema of the dialect that the model's provider takes. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a tool is given besides its arguments. */
export interface ToolContext {
  /** Aborted when the run is: pass it on to whatever the tool waits for. */
  readonly signal: AbortSignal;
  /** The provider's id of this call, unique within its message. */
  readonly callId: string;
  /**
   * The same whenever this call of this turn runs, in whichever process, and never that of another call: at
   * most 60 characters of printable ASCII, fit for an idempotency key. With it a tool that is run again after
   * a crash can find out that it has done its work already.
   */
  readonly operationId: string;
  /** The thread as it was before this run. */
  readonly thread: Thread;
}

/** What all tools are defined by, whatever describes their arguments. */
export interface ToolDefinition<Arguments> {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`, unique within an agent. */
  readonly name: string;
  /** Tells the model what the tool does and when to call it. */
  readonly description?: string | undefined;
  /**
   * Ask the provider to hold the model to the schema. Providers that can take only part of JSON Schema then.
   * @default what the provider does by itself
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether a call waits for a person's yes before it runs: always, never, or as a function of its arguments
   * decides. The run then ends with `status: "approval-needed"`, and `resume` goes on, in this process or
   * another. When the function throws, the tool does not run, and the model is told as of a tool that throws.
   * @default false
   */
  readonly needsApproval?:
    | boolean
    | ((this: void, args: Arguments, context: ToolContext) => boolean | Promise<boolean>)
    | undefined;
  /**
   * What `resume` does with a call that had perhaps begun when its process died. `rerun`: run it again, with
   * the same `operationId`. `report`: tell the model that the call's outcome is not known.
   * @default "rerun"
   */
  readonly interrupted?: "rerun" | "report" | undefined;
  /**
   * Does the work. A string goes to the model as it is, anything else as JSON. What it throws goes to the
   * model as `Tool failed: <message>`, so keep secrets out of messages. Calls of one message run at once.
   */
  readonly run: (this: void, args: Arguments, context: ToolContext) => unknown;
}

/** A call whose arguments were checked. */
export type PreparedCall =
  | {
      readonly valid: true;
      /** Rejects with whatever the tool's function throws. */
      readonly needsApproval: (this: void, context: ToolContext) => Promise<boolean>;
      /** Rejects with whatever the tool throws. */
      readonly run: (this: void, context: ToolContext) => Promise<unknown>;
    }
  | { readonly valid: false; readonly problems: string };

/** A function that the model may call. Made by `defineTool`. */
export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  readonly strict: boolean | undefined;
  readonly interrupted: "rerun" | "report";
  /** The schema as the model is shown it. */
  readonly jsonSchema: JsonObject;
  /** Checks the arguments of a call, and runs nothing yet. */
  readonly prepare: (this: void, args: JsonObject) => Promise<PreparedCall>;
}
