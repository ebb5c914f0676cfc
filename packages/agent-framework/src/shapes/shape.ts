/**
 * The shapes in which Agent Framework has written threads:
 *
 * - `csharp-thread` (September 2025): `storeState`, `conversationId`, `aiContextProviderState`.
 * - `csharp-thread-renamed` (January 2026): `chatHistoryProviderState` instead of `storeState`.
 * - `csharp-session` (February 2026): `stateBag`, `conversationId`.
 * - `python-thread` (September 2025): `type: "agent_thread_state"`.
 * - `python-session` (February 2026): `type: "session"`.
 * - `python-history` (2026): the file of a `FileHistoryProvider`, in which each line is a message.
 */
export type AgentFrameworkShape =
  | "csharp-session"
  | "csharp-thread"
  | "csharp-thread-renamed"
  | "python-history"
  | "python-session"
  | "python-thread";

export type Language = "csharp" | "python";

/** The notation of messages and content items. The three shapes of C# share one. */
export type Dialect = "csharp" | "python-session" | "python-thread";

export interface ShapeLayout {
  readonly language: Language;
  readonly dialect: Dialect;
  /** The member of the root with the id of a conversation that a service keeps. */
  readonly serviceId: string;
  /** The member of the root with the history, or with the states of providers, one of which is the history. */
  readonly container: string;
  /** The key of the history among the states of providers, or `undefined` if the container is the history. */
  readonly historyKey: string | undefined;
}

const CSHARP = { language: "csharp", dialect: "csharp", serviceId: "conversationId" } as const;

export const LAYOUTS: { readonly [Shape in AgentFrameworkShape]: ShapeLayout } = {
  "csharp-session": { ...CSHARP, container: "stateBag", historyKey: "InMemoryChatHistoryProvider" },
  "csharp-thread": { ...CSHARP, container: "storeState", historyKey: undefined },
  "csharp-thread-renamed": { ...CSHARP, container: "chatHistoryProviderState", historyKey: undefined },
  "python-history": {
    language: "python",
    dialect: "python-session",
    serviceId: "service_session_id",
    container: "messages",
    historyKey: undefined,
  },
  "python-session": {
    language: "python",
    dialect: "python-session",
    serviceId: "service_session_id",
    container: "state",
    historyKey: "in_memory",
  },
  "python-thread": {
    language: "python",
    dialect: "python-thread",
    serviceId: "service_thread_id",
    container: "chat_message_store_state",
    historyKey: undefined,
  },
};

/** The type of the root under which this package keeps the lines of a history. */
export const LINES_TYPE = "python_history";

export function isShape(value: unknown): value is AgentFrameworkShape {
  return typeof value === "string" && Object.hasOwn(LAYOUTS, value);
}
