import { isPlainObject, quoteName } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";

/**
 * The action for each kind of finding. `"stop"` throws `THREAD_INVALID` instead of repairing. The default is the
 * action that loses the least.
 */
export interface RepairChoices {
  /** With `strictOrder`: a user message follows a tool result directly. @default "synthesize" */
  readonly "answer-missing"?: "synthesize" | "stop" | undefined;
  /** The open turn lists a call that does not wait for anything. @default "drop" */
  readonly "approval-dangling"?: "drop" | "stop" | undefined;
  /** The arguments of a call are not a JSON object in a string. @default "rewrite" */
  readonly "arguments-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** An earlier call has the same id. @default "rename" */
  readonly "call-id-duplicated"?: "rename" | "drop" | "stop" | undefined;
  /** The id of a call is missing, empty, too long or not in the provider's form. @default "rename" */
  readonly "call-id-invalid"?: "rename" | "drop" | "stop" | undefined;
  /** A call does not name a tool, or not in a form that providers accept. @default "rewrite" */
  readonly "call-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** A message has more calls than the provider accepts. @default "split" */
  readonly "calls-too-many"?: "split" | "stop" | undefined;
  /** `tool_calls` is present but empty. @default "rewrite" */
  readonly "calls-empty"?: "rewrite" | "stop" | undefined;
  /** The content is neither a string nor an array of parts that the API accepts. @default "rewrite" */
  readonly "content-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** A member that every thread has, such as `agent`, is missing or of the wrong type. @default "rewrite" */
  readonly "envelope-invalid"?: "rewrite" | "stop" | undefined;
  /** The provider requires a member of a message. @default "synthesize" */
  readonly "member-missing"?: "synthesize" | "stop" | undefined;
  /** The provider does not accept a member of a message or a call. @default "drop" */
  readonly "member-unsupported"?: "drop" | "stop" | undefined;
  /** A message is identical to the previous one, or an item has the id of an earlier one. @default "drop" */
  readonly "message-duplicated"?: "drop" | "stop" | undefined;
  /** An assistant message has neither content nor calls, or a question has no content. @default "drop" */
  readonly "message-empty"?: "drop" | "stop" | undefined;
  /** An element of the messages is not a message. @default "drop" */
  readonly "message-invalid"?: "drop" | "stop" | undefined;
  /** The provider does not accept the name of a message's author. @default "rewrite" */
  readonly "name-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** The provider does not accept an image in a message, or parts of this type. @default "move" */
  readonly "part-unsupported"?: "move" | "drop" | "stop" | undefined;
  /** No output of the model follows its reasoning. @default "drop" */
  readonly "reasoning-dangling"?: "drop" | "stop" | undefined;
  /** A call has a second result. @default "drop" */
  readonly "result-duplicated"?: "drop" | "stop" | undefined;
  /** A result does not follow its call directly. @default "move" */
  readonly "result-misplaced"?: "move" | "drop" | "stop" | undefined;
  /** A call does not have a result. @default "synthesize" */
  readonly "result-missing"?: "synthesize" | "drop" | "stop" | undefined;
  /** A result does not have a call. @default "drop" */
  readonly "result-orphaned"?: "drop" | "stop" | undefined;
  /** The API does not support the role. @default "drop" */
  readonly "role-unknown"?: "drop" | "stop" | undefined;
  /** The reference to a service's conversation is malformed. @default "drop" */
  readonly "service-invalid"?: "drop" | "stop" | undefined;
  /** A service stores the conversation as it was before the repair. @default "drop" */
  readonly "service-outdated"?: "drop" | "stop" | undefined;
  /** The state of context providers is not an object. @default "drop" */
  readonly "state-invalid"?: "drop" | "stop" | undefined;
  /** With `strictOrder`: a system message follows the first message. @default "rewrite" */
  readonly "system-misplaced"?: "rewrite" | "drop" | "stop" | undefined;
  /** A string contains half of a character (a lone surrogate). @default "rewrite" */
  readonly "text-malformed"?: "rewrite" | "stop" | undefined;
  /** A text is longer than the provider accepts. @default "cut" */
  readonly "text-too-long"?: "cut" | "stop" | undefined;
  /** With `tools`: a call of a tool that is not among them. @default "rewrite" */
  readonly "tool-gone"?: "rewrite" | "drop" | "stop" | undefined;
  /** The record of the open turn does not match the messages. @default "rewrite" */
  readonly "turn-invalid"?: "rewrite" | "drop" | "stop" | undefined;
  /** With `openTurn: "close"`: the thread has an open turn. @default "drop" */
  readonly "turn-open"?: "drop" | "stop" | undefined;
}

/**
 * The kinds of finding. The set is closed, and a code's meaning never changes within a major version.
 * docs/repairing-a-thread.md lists the providers that reject each, and its repairs.
 */
export type FindingCode = keyof RepairChoices;

/**
 * How to repair a thread: one policy for everything, or an action for each kind of finding.
 *
 * - `"synthesize"` keeps as much as possible. A call without a result receives one that says it was interrupted.
 * - `"drop"` removes what can be removed and repairs the rest.
 * - `"stop"` throws `THREAD_INVALID` at the first finding.
 */
export type RepairPolicy = "synthesize" | "drop" | "stop" | RepairChoices;

export type ActionOf<Code extends FindingCode> = NonNullable<RepairChoices[Code]>;

/** The action of a repair. */
export type RepairAction = Exclude<ActionOf<FindingCode>, "stop">;

// The first action of each is the one that loses the least.
const ACTIONS: { readonly [Code in FindingCode]: readonly ActionOf<Code>[] } = {
  "answer-missing": ["synthesize", "stop"],
  "approval-dangling": ["drop", "stop"],
  "arguments-invalid": ["rewrite", "drop", "stop"],
  "call-id-duplicated": ["rename", "drop", "stop"],
  "call-id-invalid": ["rename", "drop", "stop"],
  "call-invalid": ["rewrite", "drop", "stop"],
  "calls-empty": ["rewrite", "stop"],
  "calls-too-many": ["split", "stop"],
  "content-invalid": ["rewrite", "drop", "stop"],
  "envelope-invalid": ["rewrite", "stop"],
  "member-missing": ["synthesize", "stop"],
  "member-unsupported": ["drop", "stop"],
  "message-duplicated": ["drop", "stop"],
  "message-empty": ["drop", "stop"],
  "message-invalid": ["drop", "stop"],
  "name-invalid": ["rewrite", "drop", "stop"],
  "part-unsupported": ["move", "drop", "stop"],
  "reasoning-dangling": ["drop", "stop"],
  "result-duplicated": ["drop", "stop"],
  "result-misplaced": ["move", "drop", "stop"],
  "result-missing": ["synthesize", "drop", "stop"],
  "result-orphaned": ["drop", "stop"],
  "role-unknown": ["drop", "stop"],
  "service-invalid": ["drop", "stop"],
  "service-outdated": ["drop", "stop"],
  "state-invalid": ["drop", "stop"],
  "system-misplaced": ["rewrite", "drop", "stop"],
  "text-malformed": ["rewrite", "stop"],
  "text-too-long": ["cut", "stop"],
  "tool-gone": ["rewrite", "drop", "stop"],
  "turn-invalid": ["rewrite", "drop", "stop"],
  "turn-open": ["drop", "stop"],
};

/** Returns the action of a policy for a kind of finding. */
export function chooseAction<Code extends FindingCode>(policy: RepairPolicy, code: Code): ActionOf<Code> {
  const possible: readonly ActionOf<Code>[] = ACTIONS[code];
  const chosen = typeof policy === "string" ? policy : policy[code];
  const [first] = possible;
  return possible.find((action) => action === chosen) ?? (first as ActionOf<Code>);
}

/** Validates a policy. Throws `INVALID_ARGUMENT` with the path. */
export function checkPolicy(policy: unknown, path: string): void {
  if (policy === "synthesize" || policy === "drop" || policy === "stop") return;
  if (!isPlainObject(policy)) {
    const requirement = '"synthesize", "drop", "stop" or an object with an action for each kind of finding';
    throw invalidValue("INVALID_ARGUMENT", path, requirement);
  }
  for (const [code, action] of Object.entries(policy)) {
    if (!Object.hasOwn(ACTIONS, code)) {
      const message = `\`${path}\` names an unknown kind of finding: ${quoteName(code)}.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path });
    }
    const possible: readonly unknown[] = ACTIONS[code as FindingCode];
    if (action === undefined || possible.includes(action)) continue;
    const names = possible.map((name) => JSON.stringify(name)).join(", ");
    throw invalidValue("INVALID_ARGUMENT", `${path}["${code}"]`, `one of ${names}`);
  }
}
