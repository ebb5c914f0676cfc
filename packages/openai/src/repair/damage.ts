import type { DamageCode } from "./policy.ts";

/** One thing for which providers, or an agent's `deserializeThread`, refuse a thread. Never holds content. */
export interface Damage {
  readonly code: DamageCode;
  /** Where it is in the thread, such as `$.messages[3].tool_calls[0]`. */
  readonly path: string;
  /** What is wrong, for a person. */
  readonly message: string;
  /** What helps, for a person. */
  readonly remedy: string;
}

/** What helps against each kind of damage. */
export const remedies: { readonly [Code in DamageCode]: string } = {
  "answer-missing": "repairThread adds an answer that says the turn was interrupted.",
  "approval-dangling": "repairThread takes it out of the turn.",
  "arguments-invalid":
    "repairThread turns it into JSON: an object as it is, anything else under the name raw.",
  "call-id-duplicated": "repairThread gives the later call, and its result, an id of its own.",
  "call-id-invalid": "repairThread gives the call, and its result, another id.",
  "call-invalid": "repairThread mends what says which tool is called, and drops a call that does not say it.",
  "calls-empty": "repairThread drops the empty member.",
  "content-invalid": "repairThread turns it into text, and drops a message that has none at all.",
  "message-duplicated": "repairThread drops the second one.",
  "message-empty": "repairThread drops the message.",
  "message-invalid": "repairThread drops it.",
  "result-duplicated": "repairThread keeps one of them.",
  "result-misplaced": "repairThread moves it behind its call.",
  "result-missing": "repairThread adds a result that says the call was interrupted, or drops the call.",
  "result-orphaned": "repairThread drops it.",
  "role-unknown": "repairThread drops the message.",
  "system-misplaced": "repairThread makes it a message of the user.",
  "text-malformed": "repairThread replaces it with U+FFFD.",
  "tool-gone": "repairThread turns the call and its result into text of the assistant, or drops both.",
  "turn-invalid": "repairThread ends the turn: its calls without a result get one that says so.",
  "turn-open":
    "Go on with the agent's resume. repairThread ends the turn: its calls without a result get one that says so.",
};

/** The codes, for whoever wants to go through all of them. */
export const damageCodes: readonly DamageCode[] = Object.keys(remedies) as DamageCode[];
