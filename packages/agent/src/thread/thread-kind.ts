import type { JsonValue } from "@threadstore/core";
import type { AgentErrorCode } from "../agent-error.ts";
import type { RepairableKind } from "../wire-form/wire-form.ts";
import type { ToolCall } from "./tool-call.ts";

/** The calls of the last response that do not have a result yet. */
export interface OpenCalls {
  readonly calls: ToolCall[];
  /** The location of the calls, for error messages. */
  readonly path: string;
}

/** A kind of thread: how its messages are validated. */
export interface ThreadKind<Kind extends string, Message extends object> extends RepairableKind {
  readonly kind: Kind;

  /** Validates each message on its own. Throws an error of `code` with the path of the first invalid one. */
  checkMessages(messages: JsonValue | undefined, path: string, code: AgentErrorCode): Message[];

  /**
   * Checks the tool-call pairing: each call must have its result where the provider requires it, except for calls of
   * the last response. Returns those that do not. Throws an error of `code` with the path of the first fault.
   */
  findOpenCalls(messages: readonly Message[], path: string, code: AgentErrorCode): OpenCalls;

  /** Returns whether the message is the result of a tool call. */
  isToolResult(message: Message): boolean;
}
