import type { AgentOptions, RunOptions } from "@threadstore/agent";
import { type AgentSettings, invalidValue, readAgentOptions, requireText } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { Tool as HostedTool } from "openai/resources/responses/responses";
import type { ResponsesClient } from "../client.ts";
import { detectProvider } from "../detect-provider.ts";
import { CALL_KINDS } from "./call-kinds.ts";
import { readHostedTools, withMcpApproval } from "./hosted-tools.ts";
import type { ResponseItem } from "./response-item.ts";
import { mergeResponsesParameters, type ResponsesParameters } from "./responses-parameters.ts";
import type { ResponsesStorage } from "./service-state.ts";

/** Options of `createResponsesAgent`. */
export interface ResponsesAgentOptions extends AgentOptions<ResponseItem> {
  /** A client of the `openai` package. Configure credentials, retries and timeouts on the client. */
  readonly client: ResponsesClient;
  /** The model, or the deployment on Azure. */
  readonly model: string;
  /**
   * Where the conversation is stored between requests. `response`: by the service; the thread stores the id of the
   * last response. `conversation`: by the service, as a conversation of its Conversations API. `local`: only in the
   * thread, which is sent completely (`store: false`). The thread always contains a transcript. If the service no
   * longer stores the conversation (stored responses expire after 30 days), or has added to it what the thread does not
   * contain (a call of a run that failed), it receives the transcript, and the conversation continues. Organizations
   * with Zero Data Retention need `local`.
   * @default "response"
   */
  readonly storage?: ResponsesStorage | undefined;
  /**
   * Tools that the service runs, such as `{ type: "web_search" }`. If an MCP server asks for approval of a call, the run
   * ends with `status: "approval-needed"`. Tools whose calls your process answers belong in `tools`.
   */
  readonly hostedTools?: readonly HostedTool[] | undefined;
  /** Parameters of every request. */
  readonly parameters?: ResponsesParameters | undefined;
}

/** Options of a run of a responses agent. */
export interface ResponsesRunOptions extends RunOptions {
  /**
   * The model for this run.
   * @default the agent's model
   */
  readonly model?: string | undefined;
  /** Override the agent's parameters for this run. A parameter set to `undefined` removes the agent's. */
  readonly parameters?: ResponsesParameters | undefined;
}

/** Validated {@link ResponsesAgentOptions}, with defaults. */
export interface ResponsesAgentSettings extends AgentSettings<ResponseItem> {
  readonly client: OpenAI;
  readonly model: string;
  readonly storage: ResponsesStorage;
  readonly hostedTools: readonly HostedTool[];
  readonly parameters: ResponsesParameters;
}

/** Validates the options of a responses agent. Throws `INVALID_ARGUMENT` with the path. */
export function readResponsesOptions(options: ResponsesAgentOptions): ResponsesAgentSettings {
  const { model, storage = "response" } = options;
  const code = "INVALID_ARGUMENT";
  const client = readClient(options.client);
  requireText(model, "model");
  if (!["response", "conversation", "local"].includes(storage)) {
    throw invalidValue(code, "storage", '"response", "conversation" or "local"');
  }
  const settings = readAgentOptions(
    { ...options, provider: options.provider ?? detectProvider(client) },
    new Set(Object.keys(CALL_KINDS)),
  );
  const parameters = mergeResponsesParameters(options.parameters, undefined);
  const hostedTools = readHostedTools(options.hostedTools);
  const tools = withMcpApproval(settings.tools, hostedTools);
  return { ...settings, tools, client, model, storage, parameters, hostedTools };
}

/** Returns the client with the type of the installed `openai`. */
function readClient(client: ResponsesClient): OpenAI {
  if (typeof (client as Partial<OpenAI> | undefined)?.responses?.create !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "client", "a client of the openai package", client);
  }
  return client as OpenAI;
}
