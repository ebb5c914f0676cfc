import { isJsonObject, type JsonObject } from "../thread/json.ts";
import type { CallRecord } from "../thread/turn-record.ts";
import type { ToolCall } from "./tool-call.ts";
import type { Tool, ToolContext } from "./tool.ts";

/** What a call's result says. */
export interface ToolAnswer {
  readonly content: string;
  readonly isError: boolean;
}

/** What is to be done with a call. */
export type CallPlan =
  /** A person has to say yes or no first. */
  | { readonly step: "wait" }
  /** The answer is there, and no tool runs. */
  | { readonly step: "answer"; readonly answer: ToolAnswer; readonly called: boolean }
  /** Never rejects: whatever goes wrong is the answer. */
  | { readonly step: "run"; readonly run: () => Promise<ToolAnswer> };

// Enough for a sentence; a stack or a whole page of HTML would only cost the model's attention.
const maximumFailureLength = 500;

/**
 * Decides what is to be done with a call, of which a thread may have a record already. Whatever is wrong with
 * the call is its answer, for the model to mend.
 */
export async function planCall(
  call: ToolCall,
  record: CallRecord | undefined,
  tools: ReadonlyMap<string, Tool>,
  context: ToolContext,
): Promise<CallPlan> {
  if (record?.state === "approval-needed") return { step: "wait" };
  if (record?.state === "denied") return answer(denial(record.reason), false);
  const tool = tools.get(call.name);
  if (tool === undefined) {
    const names = [...tools.keys()].join(", ") || "none";
    return answer(`There is no tool ${JSON.stringify(call.name)}. Available tools: ${names}.`);
  }
  if (record?.state === "started" && tool.interrupted === "report") return answer(interruption, false);
  return planToolCall(tool, call, record !== undefined, context);
}

const interruption =
  "This call was interrupted, and its outcome is not known: it may have been done. Find out before calling again.";

function denial(reason: string | undefined): string {
  return reason === undefined ? "This call was not approved." : `This call was not approved: ${reason}`;
}

async function planToolCall(
  tool: Tool,
  call: ToolCall,
  isAllowed: boolean,
  context: ToolContext,
): Promise<CallPlan> {
  const args = parseArguments(call.arguments);
  if (args === undefined) return answer("Invalid arguments: they must be one well-formed JSON object.");
  try {
    const prepared = await tool.prepare(args);
    if (!prepared.valid) return answer(`Invalid arguments: ${prepared.problems}`);
    if (!isAllowed && (await prepared.needsApproval(context))) return { step: "wait" };
    return { step: "run", run: async () => runTool(prepared.run, context) };
  } catch (error) {
    return answer(`Tool failed: ${describeFailure(error)}`);
  }
}

async function runTool(
  run: (context: ToolContext) => Promise<unknown>,
  context: ToolContext,
): Promise<ToolAnswer> {
  try {
    return { content: toText(await run(context)), isError: false };
  } catch (error) {
    return failure(`Tool failed: ${describeFailure(error)}`);
  }
}

function answer(text: string, called = true): CallPlan {
  return { step: "answer", answer: failure(text), called };
}

function failure(text: string): ToolAnswer {
  const content = text.length > maximumFailureLength ? `${text.slice(0, maximumFailureLength)}…` : text;
  return { content: content.toWellFormed(), isError: true };
}

function parseArguments(text: string): JsonObject | undefined {
  // Many models send nothing at all to a tool without parameters.
  if (text.trim() === "") return {};
  try {
    const value: JsonObject[string] = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  // The types do not say it, but of undefined and of functions this makes undefined.
  const json: string | undefined = JSON.stringify(value);
  return json ?? "null";
}

function describeFailure(error: unknown): string {
  if (error instanceof Error && error.message !== "") return error.message;
  return typeof error === "string" && error !== "" ? error : "it gave no reason";
}
