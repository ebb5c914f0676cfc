import type { Agent, RunEvent, RunResult } from "@threadstore/agent";
import { createAgent } from "@threadstore/agent/provider";
import type { ResponseUsage } from "openai/resources/responses/responses";
import type { ResponseItem } from "./response-item.ts";
import type { ResponsesInput } from "./responses-input.ts";
import {
  readResponsesOptions,
  type ResponsesAgentOptions,
  type ResponsesRunOptions,
} from "./responses-options.ts";
import { createResponsesProtocol } from "./responses-protocol.ts";
import type { ResponsesThread } from "./responses-thread.ts";

/** The result of a run of a responses agent. */
export type ResponsesResult = RunResult<ResponsesThread, ResponseItem, ResponseUsage>;

/** An event of a streamed run of a responses agent. */
export type ResponsesEvent = RunEvent<ResponseItem>;

/** An agent that uses the Responses API. */
export type ResponsesAgent = Agent<
  ResponsesInput,
  ResponsesThread,
  ResponsesRunOptions,
  ResponsesResult,
  ResponsesEvent
>;

/** Creates an agent that uses the Responses API. Throws `INVALID_ARGUMENT`. */
export function createResponsesAgent(options: ResponsesAgentOptions): ResponsesAgent {
  const settings = readResponsesOptions(options);
  return createAgent(settings, createResponsesProtocol(settings));
}
