import { AgentError } from "./agent-error.ts";
import { checkProviders, type ContextProvider } from "./context/context-provider.ts";
import type { Reducer } from "./context/reducer.ts";
import { unexpected } from "./thread/json.ts";
import type { Tool } from "./tools/tool.ts";

/** What agents of all kinds are made of. */
export interface AgentCoreOptions<Message extends object> {
  /**
   * Binds threads to the agent: a serialized thread names its agent, and another agent refuses it. Give each
   * agent of an application a name of its own.
   * @default "Assistant"
   */
  readonly name?: string | undefined;
  /** Sent before the messages of every request. Not part of the thread, so a resumed one gets today's. */
  readonly instructions?: string | undefined;
  /** What the model may call. Made by `defineTool`. */
  readonly tools?: readonly Tool[] | undefined;
  /**
   * How often in one turn the model may call tools and be asked again; beyond it the run is
   * `TOO_MANY_TOOL_ROUNDS`.
   * @default 10
   */
  readonly maxToolRounds?: number | undefined;
  /** Who adds to what the model is told, and keeps what was learned in the thread. */
  readonly context?: readonly ContextProvider<Message>[] | undefined;
  /**
   * Shortens what is sent of a long thread, which itself stays whole: `keepLastTurns`, `keepTokens`,
   * `summarize` or a function of yours.
   * @default everything is sent
   */
  readonly reduce?: Reducer<Message> | undefined;
}

/** The same, checked and with the defaults. */
export interface AgentCore<Message extends object> {
  readonly name: string;
  readonly instructions: string | undefined;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly maxToolRounds: number;
  readonly context: readonly ContextProvider<Message>[];
  readonly reduce: Reducer<Message> | undefined;
}

/** Throws `INVALID_ARGUMENT` with the path. */
export function readAgentCore<Message extends object>(
  options: AgentCoreOptions<Message>,
): AgentCore<Message> {
  const { name = "Assistant", instructions, maxToolRounds = 10, reduce } = options;
  checkText(name, "name");
  if (instructions !== undefined) checkText(instructions, "instructions");
  if (!Number.isSafeInteger(maxToolRounds) || maxToolRounds < 0) {
    throw unexpected("INVALID_ARGUMENT", "maxToolRounds", "a whole number from 0");
  }
  if (reduce !== undefined && typeof reduce !== "function") {
    throw unexpected("INVALID_ARGUMENT", "reduce", "a function", reduce);
  }
  const tools = nameTools(options.tools ?? []);
  const context = checkProviders(options.context ?? []);
  return { name, instructions, tools, maxToolRounds, context, reduce };
}

/** Throws `INVALID_ARGUMENT` unless the value is text of some length. */
export function checkText(value: unknown, path: string): void {
  if (typeof value === "string" && value !== "" && value.isWellFormed()) return;
  throw unexpected("INVALID_ARGUMENT", path, "a non-empty, well-formed string", value);
}

function nameTools(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const named = new Map<string, Tool>();
  tools.forEach((tool, index) => {
    if (typeof (tool as Partial<Tool> | undefined)?.prepare !== "function") {
      throw unexpected("INVALID_ARGUMENT", `tools[${index}]`, "a tool made by defineTool", tool);
    }
    if (named.has(tool.name)) {
      const message = `tools[${index}]: there are two tools named "${tool.name}". Rename one.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path: `tools[${index}]` });
    }
    named.set(tool.name, tool);
  });
  return named;
}
