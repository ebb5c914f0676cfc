import { AgentError, invalidValue, requireText } from "./agent-error.ts";
import { checkProviders, type ContextProvider } from "./context/context-provider.ts";
import { type HistoryReducer, keepLastTurns } from "./context/history-reducer.ts";
import {
  readStoredHistory,
  type StoredHistory,
  type StoredHistoryOptions,
} from "./history/stored-history.ts";
import { type Provider, readProvider } from "./limits/provider-limits.ts";
import type { ShortenText } from "./limits/shorten-text.ts";
import type { RunSettings } from "./run/run-settings.ts";
import { DEFAULT_AGENT_NAME } from "./thread/agent-name.ts";
import { toolKey } from "./tools/find-tool.ts";
import type { Tool } from "./tools/tool.ts";

/** Options of every agent, whatever its provider. */
export interface AgentOptions<Message extends object> {
  /**
   * Identifies the agent. It is stored in its threads, and agents of another name reject them. Give each agent of an
   * application its own name.
   * @default "Assistant"
   */
  readonly name?: string | undefined;
  /** Sent before the messages of every request. Not stored: a resumed thread uses the current instructions. */
  readonly instructions?: string | undefined;
  /** The tools that the model may call, created by `defineTool`. */
  readonly tools?: readonly Tool[] | undefined;
  /**
   * How often the model may call tools in one turn. A run that exceeds it rejects with `TOO_MANY_TOOL_ROUNDS`.
   * @default 10
   */
  readonly maxToolRounds?: number | undefined;
  /** Add instructions and messages to requests, such as memories, and store state in the thread. */
  readonly context?: readonly ContextProvider<Message>[] | undefined;
  /**
   * Shortens the history in requests, while the thread keeps all of it: `keepLastTurns`, `keepTokens`, `summarize` or
   * a function of your own.
   * @default the whole history is sent
   */
  readonly reduceHistory?: HistoryReducer<Message> | undefined;
  /**
   * Keeps the messages of the threads in a store: `storedHistory({ store })`. A thread then serializes to the id of its
   * history.
   * @default threads contain their messages
   */
  readonly history?: StoredHistory | undefined;
  /**
   * The provider of the model. Its limits are checked before tools run and when `deserializeThread` repairs a thread.
   * `"other"` has no known limits.
   * @default the provider that the client's base URL names, otherwise "openai"
   */
  readonly provider?: Provider | undefined;
  /**
   * How to treat a tool's result that is longer than the provider accepts. `"cut"`: keeps its beginning and a note for
   * the model. `"report"`: tells the model that the result is too long. A function returns a replacement, such as a
   * summary or a reference to a copy. If it throws, the result is cut.
   * @default "cut"
   */
  readonly longResults?: "cut" | "report" | ShortenText | undefined;
}

/** Validated {@link AgentOptions}, with defaults. */
export interface AgentSettings<Message extends object> extends RunSettings<Message> {
  readonly history: StoredHistoryOptions | undefined;
}

/**
 * Validates the options of an agent whose model calls functions and tools of `toolKinds`. Throws `INVALID_ARGUMENT`
 * with the path.
 */
export function readAgentOptions<Message extends object>(
  options: AgentOptions<Message>,
  toolKinds: ReadonlySet<string> = new Set(),
): AgentSettings<Message> {
  const {
    name = DEFAULT_AGENT_NAME,
    instructions,
    maxToolRounds = 10,
    provider = "openai",
    longResults = "cut",
  } = options;
  requireText(name, "name");
  if (instructions !== undefined) requireText(instructions, "instructions");
  if (!Number.isSafeInteger(maxToolRounds) || maxToolRounds < 0) {
    throw invalidValue("INVALID_ARGUMENT", "maxToolRounds", "a non-negative integer", maxToolRounds);
  }
  const history = readStoredHistory(options.history);
  const reduceHistory = readReducer(options.reduceHistory, history);
  readProvider(provider);
  if (longResults !== "cut" && longResults !== "report" && typeof longResults !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "longResults", '"cut", "report" or a function');
  }
  const tools = indexTools(options.tools ?? [], toolKinds);
  const context = checkProviders(options.context ?? []);
  return { name, instructions, tools, maxToolRounds, context, reduceHistory, history, provider, longResults };
}

function readReducer<Message extends object>(
  reducer: HistoryReducer<Message> | undefined,
  history: StoredHistoryOptions | undefined,
): HistoryReducer<Message> | undefined {
  if (reducer !== undefined && typeof reducer !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "reduceHistory", "a function", reducer);
  }
  if (history?.lastTurns === undefined) return reducer;
  if (reducer === undefined) return keepLastTurns(history.lastTurns);
  const message = "`reduceHistory` and `lastTurns` of the history both shorten requests. Pass one of them.";
  throw new AgentError("INVALID_ARGUMENT", message, { path: "reduceHistory" });
}

function indexTools(tools: readonly Tool[], kinds: ReadonlySet<string>): ReadonlyMap<string, Tool> {
  const toolsByKey = new Map<string, Tool>();
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (typeof (tool as Partial<Tool> | undefined)?.prepare !== "function") {
      throw invalidValue("INVALID_ARGUMENT", path, "a tool created by defineTool", tool);
    }
    if (tool.kind !== undefined && !kinds.has(tool.kind)) {
      const message = `\`${path}\` answers calls of kind "${tool.kind}", which this API does not have. Use it with an agent of the API that it was made for.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    if (toolsByKey.has(toolKey(tool))) {
      const message = `\`${path}\` has the same name as another tool, "${tool.name}". Rename one of them.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    toolsByKey.set(toolKey(tool), tool);
  });
  return toolsByKey;
}
