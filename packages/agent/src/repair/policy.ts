import { AgentError } from "../agent-error.ts";
import { isPlainObject, quoteName, unexpected } from "../thread/json.ts";

/**
 * What to do about each kind of damage. `"stop"` throws `THREAD_INVALID` instead of mending. What is left out is
 * mended in the way that loses least, which is the first one named.
 */
export interface RepairChoices {
  /** With `strictOrder`: the user speaks right behind a tool's result. @default "synthesize" */
  readonly "answer-missing"?: "synthesize" | "stop" | undefined;
  /** The open turn speaks of a call that does not wait for anything. @default "drop" */
  readonly "approval-dangling"?: "drop" | "stop" | undefined;
  /** The arguments of a call are no text with a JSON object. @default "rewrite" */
  readonly "arguments-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** An earlier call has the same id. @default "rename" */
  readonly "call-id-duplicated"?: "rename" | "drop" | "stop" | undefined;
  /** The id of a call is missing, empty, or longer than 40 characters. @default "rename" */
  readonly "call-id-invalid"?: "rename" | "drop" | "stop" | undefined;
  /** A call does not say which tool is called, or not as providers want it. @default "rewrite" */
  readonly "call-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** `tool_calls` is there, and holds nothing. @default "rewrite" */
  readonly "calls-empty"?: "rewrite" | "stop" | undefined;
  /** The content is neither text nor a list of parts. @default "rewrite" */
  readonly "content-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** A message says once more exactly what the one before it says. @default "drop" */
  readonly "message-duplicated"?: "drop" | "stop" | undefined;
  /** The assistant's message has neither content nor calls. @default "drop" */
  readonly "message-empty"?: "drop" | "stop" | undefined;
  /** What is among the messages is none. @default "drop" */
  readonly "message-invalid"?: "drop" | "stop" | undefined;
  /** A call has a second result. @default "drop" */
  readonly "result-duplicated"?: "drop" | "stop" | undefined;
  /** A result does not stand directly behind its call. @default "move" */
  readonly "result-misplaced"?: "move" | "drop" | "stop" | undefined;
  /** A call has no result. @default "synthesize" */
  readonly "result-missing"?: "synthesize" | "drop" | "stop" | undefined;
  /** A result has no call. @default "drop" */
  readonly "result-orphaned"?: "drop" | "stop" | undefined;
  /** The role is not one of Chat Completions. @default "drop" */
  readonly "role-unknown"?: "drop" | "stop" | undefined;
  /** The service has the conversation as it was before it was mended. @default "drop" */
  readonly "service-outdated"?: "drop" | "stop" | undefined;
  /** With `strictOrder`: a system message behind the first message. @default "rewrite" */
  readonly "system-misplaced"?: "rewrite" | "drop" | "stop" | undefined;
  /** Text with half of a character (a lone surrogate). @default "rewrite" */
  readonly "text-malformed"?: "rewrite" | "stop" | undefined;
  /** With `tools`: a call of a tool that is not among them. @default "rewrite" */
  readonly "tool-gone"?: "rewrite" | "drop" | "stop" | undefined;
  /** What the thread says of its open turn does not fit its messages. @default "drop" */
  readonly "turn-invalid"?: "drop" | "stop" | undefined;
  /** With `openTurn: "close"`: the thread has an open turn. @default "drop" */
  readonly "turn-open"?: "drop" | "stop" | undefined;
}

/**
 * What can be wrong with a thread. The set is closed, and a code's meaning never changes within a major version;
 * docs/repairing-a-thread.md says of each who refuses it and what is done about it.
 */
export type DamageCode = keyof RepairChoices;

/**
 * How a thread is mended: kind by kind, or all in one way.
 *
 * - `"synthesize"` keeps as much as can be kept; a call without a result gets one that says it was interrupted.
 * - `"drop"` takes out what can be taken out, and mends the rest.
 * - `"stop"` throws `THREAD_INVALID` at the first damage.
 */
export type RepairPolicy = "synthesize" | "drop" | "stop" | RepairChoices;

export type ActionOf<Code extends DamageCode> = NonNullable<RepairChoices[Code]>;

/** What was done about a damage. */
export type RepairAction = Exclude<ActionOf<DamageCode>, "stop">;

// The first of each is the one that loses least.
const actions: { readonly [Code in DamageCode]: readonly ActionOf<Code>[] } = {
  "answer-missing": ["synthesize", "stop"],
  "approval-dangling": ["drop", "stop"],
  "arguments-invalid": ["rewrite", "drop", "stop"],
  "call-id-duplicated": ["rename", "drop", "stop"],
  "call-id-invalid": ["rename", "drop", "stop"],
  "call-invalid": ["rewrite", "drop", "stop"],
  "calls-empty": ["rewrite", "stop"],
  "content-invalid": ["rewrite", "drop", "stop"],
  "message-duplicated": ["drop", "stop"],
  "message-empty": ["drop", "stop"],
  "message-invalid": ["drop", "stop"],
  "result-duplicated": ["drop", "stop"],
  "result-misplaced": ["move", "drop", "stop"],
  "result-missing": ["synthesize", "drop", "stop"],
  "result-orphaned": ["drop", "stop"],
  "role-unknown": ["drop", "stop"],
  "service-outdated": ["drop", "stop"],
  "system-misplaced": ["rewrite", "drop", "stop"],
  "text-malformed": ["rewrite", "stop"],
  "tool-gone": ["rewrite", "drop", "stop"],
  "turn-invalid": ["drop", "stop"],
  "turn-open": ["drop", "stop"],
};

/** What a policy says of a kind of damage. */
export function chooseAction<Code extends DamageCode>(policy: RepairPolicy, code: Code): ActionOf<Code> {
  const possible: readonly ActionOf<Code>[] = actions[code];
  const chosen = typeof policy === "string" ? policy : policy[code];
  const [first] = possible;
  return possible.find((action) => action === chosen) ?? (first as ActionOf<Code>);
}

/** Checks a policy, which callers without types may get wrong. Throws `INVALID_ARGUMENT`. */
export function checkPolicy(policy: unknown, path: string): void {
  if (policy === "synthesize" || policy === "drop" || policy === "stop") return;
  if (!isPlainObject(policy)) {
    const expectation = '"synthesize", "drop", "stop", or what to do about each kind of damage';
    throw unexpected("INVALID_ARGUMENT", path, expectation, policy);
  }
  for (const [code, action] of Object.entries(policy)) {
    if (!Object.hasOwn(actions, code)) {
      const message = `${path}: there is no kind of damage ${quoteName(code)}.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    const possible: readonly unknown[] = actions[code as DamageCode];
    if (action === undefined || possible.includes(action)) continue;
    const names = possible.map((name) => JSON.stringify(name)).join(", ");
    throw unexpected("INVALID_ARGUMENT", `${path}["${code}"]`, `one of ${names}`);
  }
}
