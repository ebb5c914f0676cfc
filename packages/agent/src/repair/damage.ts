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
  "answer-missing": "A repair adds an answer that says the turn was interrupted.",
  "approval-dangling": "A repair takes it out of the turn.",
  "arguments-invalid": "A repair turns them into JSON: an object as it is, anything else under the name raw.",
  "call-id-duplicated": "A repair gives the later call, and its result, an id of its own.",
  "call-id-invalid": "A repair gives the call, and its result, another id.",
  "call-invalid": "A repair mends what says which tool is called, and drops a call that does not say it.",
  "calls-empty": "A repair drops the empty member.",
  "content-invalid": "A repair turns it into text, and drops a message that has none at all.",
  "message-duplicated": "A repair drops the second one.",
  "message-empty": "A repair drops the message.",
  "message-invalid": "A repair drops it.",
  "result-duplicated": "A repair keeps one of them.",
  "result-misplaced": "A repair moves it behind its call.",
  "result-missing": "A repair adds a result that says the call was interrupted, or drops the call.",
  "result-orphaned": "A repair drops it.",
  "role-unknown": "A repair drops the message.",
  "service-outdated":
    "A repair drops the id by which the service knows it; the next run sends the service all items anew.",
  "system-misplaced": "A repair makes it a message of the user.",
  "text-malformed": "A repair replaces it with U+FFFD.",
  "tool-gone": "A repair turns the call and its result into text of the assistant, or drops both.",
  "turn-invalid": "A repair ends the turn: its calls without a result get one that says so.",
  "turn-open":
    "Go on with the agent's resume. A repair ends the turn: its calls without a result get one that says so.",
};

/** The codes, for whoever wants to go through all of them. */
export const damageCodes: readonly DamageCode[] = Object.keys(remedies) as DamageCode[];
