import type { JsonValue } from "@threadstore/core";
import type { AgentErrorCode } from "../agent-error.ts";
import type { RepairableKind } from "../repair/draft.ts";
import type { ToolCall } from "../tools/tool-call.ts";

/** The calls of the last answer that have no result yet, and where that answer's calls are. */
export interface OpenCalls {
  readonly calls: ToolCall[];
  readonly path: string;
}

/** What is particular to the threads of one kind of agent; everything else about threads is shared. */
export interface ThreadKind<Kind extends string, Message extends object> extends RepairableKind {
  readonly kind: Kind;

  /** Checks each message by itself; the first that is none is an error of `code` with its path. */
  checkMessages(messages: JsonValue | undefined, path: string, code: AgentErrorCode): Message[];

  /**
   * Checks that each call has its result where the provider wants it, except for calls of the last answer,
   * and gives those that have none. The first fault is an error of `code` with its path.
   */
  findOpenCalls(messages: readonly Message[], path: string, code: AgentErrorCode): OpenCalls;

  /** Whether the message is the result of a call. */
  isToolResult(message: Message): boolean;
}
