import type { ContextProvider } from "../context/context-provider.ts";
import type { HistoryReducer } from "../context/history-reducer.ts";
import type { Provider } from "../limits/provider-limits.ts";
import type { ShortenText } from "../limits/shorten-text.ts";
import type { Tool } from "../tools/tool.ts";

/** The validated options of an agent that its runs use. */
export interface RunSettings<Message extends object> {
  readonly name: string;
  readonly instructions: string | undefined;
  /** The tools by kind and name. */
  readonly tools: ReadonlyMap<string, Tool>;
  readonly maxToolRounds: number;
  readonly context: readonly ContextProvider<Message>[];
  readonly reduceHistory: HistoryReducer<Message> | undefined;
  readonly provider: Provider;
  readonly longResults: "cut" | "report" | ShortenText;
}
