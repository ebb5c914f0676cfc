import type { JsonObject } from "@threadstore/core/documents";
import type { Thread } from "../thread.ts";

/** A JSON Schema in a dialect that the model's provider supports. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The second argument of a tool. */
export interface ToolContext {
  /** Aborts together with the run. Pass it on to whatever the tool waits for. */
  readonly signal: AbortSignal;
  /** The provider's id of this call, unique within its message. */
  readonly callId: string;
  /**
   * Identifies this call of this turn: the same each time the call runs, in any process, and different for every
   * other call. At most 60 characters of printable ASCII, so it can be used as an idempotency key: a tool that runs
   * again after a crash can find out that its work is already done.
   */
  readonly operationId: string;
  /** The thread as it was before this run. */
  readonly thread: Thread;
}

/** The definition of a tool, apart from the schema of its arguments. */
export interface ToolDefinition<Arguments> {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ -`, unique within an agent. */
  readonly name: string;
  /** Tells the model the purpose of the tool and when to call it. */
  readonly description?: string | undefined;
  /**
   * Whether the provider should enforce the schema. Providers that do support only a part of JSON Schema.
   * @default the provider's default
   */
  readonly strict?: boolean | undefined;
  /**
   * Whether a person must approve a call before it runs: always, never, or as a function of the arguments decides.
   * The run then ends with `status: "approval-needed"`, and `resume` continues it in any process. If the function
   * throws, the tool does not run, and the model receives the error as if the tool had thrown it. A call that was
   * interrupted asks again before it runs again, unless it was approved.
   * @default false
   */
  readonly needsApproval?:
    | boolean
    | ((this: void, args: Arguments, context: ToolContext) => boolean | Promise<boolean>)
    | undefined;
  /**
   * How `resume` treats a call that may have started before its process died. `rerun`: runs it again with the same
   * `operationId`. `report`: tells the model that the outcome is unknown.
   * @default "report" with `needsApproval`, so that one approval never runs a call twice; otherwise "rerun"
   */
  readonly interrupted?: "rerun" | "report" | undefined;
  /**
   * Does the work. A returned string goes to the model unchanged, any other value as JSON. An error goes to the model
   * as `Tool failed: <message>`, so keep secrets out of error messages. The calls of one message run concurrently.
   */
  readonly run: (this: void, args: Arguments, context: ToolContext) => unknown;
}

/** A call whose arguments have been validated. */
export type PreparedCall =
  | {
      readonly valid: true;
      /** Rejects with any error that the tool's `needsApproval` throws. */
      readonly needsApproval: (this: void, context: ToolContext) => Promise<boolean>;
      /** Rejects with any error that the tool throws. */
      readonly run: (this: void, context: ToolContext) => Promise<unknown>;
    }
  | { readonly valid: false; readonly problems: string };

/** A tool that the model may call, created by `defineTool` or by a function of the provider's package. */
export interface Tool {
  readonly name: string;
  /** The kind of the calls that it answers; `undefined` for a function. */
  readonly kind: string | undefined;
  /** The form in which requests declare a tool that is not a function. */
  readonly declaration: JsonObject | undefined;
  readonly description: string | undefined;
  readonly strict: boolean | undefined;
  readonly interrupted: "rerun" | "report";
  /** The schema that the model receives. */
  readonly jsonSchema: JsonObject;
  /** Validates the arguments of a call, as the model wrote them, without running it. */
  readonly prepare: (this: void, text: string) => Promise<PreparedCall>;
}
