/** An event of the AG-UI protocol, of any of its versions. Events are stored and replayed as they are. */
export interface AgUiEvent {
  readonly type: string;
  readonly messageId?: string;
  readonly toolCallId?: string;
  readonly delta?: unknown;
}

/** A message that a page sends. */
export interface AgUiMessage {
  readonly id: string;
  readonly role: string;
  readonly content?: unknown;
}

/** The input that the runtime passes to an agent. */
export interface AgUiInput {
  readonly threadId: string;
  readonly runId: string;
  readonly messages?: readonly AgUiMessage[];
}

/** Why a run ends without a last event of its agent. */
export interface Interruption {
  /** Whether it was stopped on purpose. */
  readonly isStopped: boolean;
  readonly message: string;
}

export const STOPPED: Interruption = { isStopped: true, message: "The run was stopped." };
export const NO_LAST_EVENT: Interruption = { isStopped: false, message: "The agent did not end its answer." };
export const AGENT_FAILED: Interruption = { isStopped: false, message: "The agent could not answer." };
export const PROCESS_STOPPED: Interruption = {
  isStopped: false,
  message: "The answer was interrupted, because the server that wrote it has stopped. Ask again.",
};

/** Whether an event ends a run. */
export function isTerminal({ type }: AgUiEvent): boolean {
  return type === "RUN_FINISHED" || type === "RUN_ERROR";
}

/** Returns the event that tells a page why its request failed. */
export function runError(message: string, code: string): AgUiEvent {
  return { type: "RUN_ERROR", message, code } as AgUiEvent;
}

/** Returns the first event of a run, with the messages that the thread does not have yet. */
export function runStarted({ threadId, runId }: AgUiInput, messages: readonly AgUiMessage[]): AgUiEvent {
  const input = { threadId, runId, messages, tools: [], context: [], state: {}, forwardedProps: {} };
  return { type: "RUN_STARTED", threadId, runId, input } as AgUiEvent;
}

/** Returns the messages of the events that start and replace messages. */
function messagesOf(event: AgUiEvent): readonly AgUiMessage[] {
  const { input, messages = input?.messages } = event as {
    readonly input?: { readonly messages?: unknown };
    readonly messages?: unknown;
  };
  return Array.isArray(messages) ? (messages as AgUiMessage[]) : [];
}

/** Returns the ids of all messages in events. */
export function messageIds(events: readonly AgUiEvent[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const event of events) {
    for (const { id } of messagesOf(event)) ids.add(id);
    // The message of a tool call without a parent has the id of the call.
    const { messageId, parentMessageId, toolCallId } = event as AgUiEvent & { parentMessageId?: string };
    for (const id of [messageId, parentMessageId, toolCallId]) if (id !== undefined) ids.add(id);
  }
  return ids;
}

const DELTAS: ReadonlySet<string> = new Set([
  "REASONING_MESSAGE_CONTENT",
  "TEXT_MESSAGE_CONTENT",
  "THINKING_TEXT_MESSAGE_CONTENT",
  "TOOL_CALL_ARGS",
]);

/** Joins the pieces of a text that follow one another. */
export function joinDeltas(events: readonly AgUiEvent[]): AgUiEvent[] {
  const joined: AgUiEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (last !== undefined && isContinued(last, event)) {
      joined[joined.length - 1] = { ...last, delta: String(last.delta) + String(event.delta) };
    } else joined.push(event);
  }
  return joined;
}

function isContinued(last: AgUiEvent, next: AgUiEvent): boolean {
  return (
    DELTAS.has(next.type) &&
    last.type === next.type &&
    last.messageId === next.messageId &&
    last.toolCallId === next.toolCallId &&
    typeof last.delta === "string" &&
    typeof next.delta === "string"
  );
}

/** The events that open something, and the one that closes it. */
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END"],
  ["REASONING_MESSAGE_START", "REASONING_MESSAGE_END"],
  ["REASONING_START", "REASONING_END"],
  ["THINKING_TEXT_MESSAGE_START", "THINKING_TEXT_MESSAGE_END"],
  ["THINKING_START", "THINKING_END"],
  ["TOOL_CALL_START", "TOOL_CALL_END"],
  ["STEP_STARTED", "STEP_FINISHED"],
  ["SUBAGENT_STARTED", "SUBAGENT_FINISHED"],
]);

/** The members that identify the opened part. If an event has several, the first one counts. */
const IDENTITY = ["toolCallId", "messageId", "stepName", "subagentRunId"] as const;

type Opener = AgUiEvent & { readonly [Name in (typeof IDENTITY)[number]]?: string };

/**
 * Returns the events that end an interrupted run, so that the next one can follow. Tool calls without a result get one,
 * because models reject a conversation with such calls. Returns an empty array if the last event ends the run.
 */
export function closeRun(
  events: readonly AgUiEvent[],
  { threadId, runId }: Pick<AgUiInput, "threadId" | "runId">,
  { isStopped, message }: Interruption,
): AgUiEvent[] {
  const last = events.at(-1);
  if (last !== undefined && isTerminal(last)) return [];
  const open = new Map<string, AgUiEvent>();
  const calls = new Map<string, AgUiEvent>();
  for (const event of events as readonly Opener[]) {
    const type = event.type === "SUBAGENT_ERROR" ? "SUBAGENT_FINISHED" : event.type;
    const name = IDENTITY.find((each) => event[each] !== undefined);
    const id = name === undefined ? "" : String(event[name]);
    const closer = CLOSERS.get(type);
    if (isTerminal(event)) {
      open.clear();
      calls.clear();
    } else if (closer === undefined) open.delete(`${type} ${id}`);
    else open.set(`${closer} ${id}`, closerOf(closer, event));
    if (type === "TOOL_CALL_START") calls.set(id, callResult(id, message));
    if (type === "TOOL_CALL_RESULT") calls.delete(id);
  }
  const end = isStopped
    ? ({ type: "RUN_FINISHED", threadId, runId } as AgUiEvent)
    : runError(message, "RUN_INTERRUPTED");
  // The part that was opened last is closed first.
  return [...[...open.values()].toReversed(), ...calls.values(), end];
}

function closerOf(type: string, opener: Opener): AgUiEvent {
  const members = IDENTITY.flatMap((name) => (opener[name] === undefined ? [] : [[name, opener[name]]]));
  return { type, ...(Object.fromEntries(members) as object) };
}

function callResult(toolCallId: string, message: string): AgUiEvent {
  const content = JSON.stringify({ error: `${message} It is unknown whether the call took effect.` });
  const result = {
    type: "TOOL_CALL_RESULT",
    toolCallId,
    messageId: `${toolCallId}-result`,
    role: "tool",
    content,
  };
  return result;
}
