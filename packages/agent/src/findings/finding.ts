import type { FindingCode } from "./repair-policy.ts";

/**
 * A reason why providers, or an agent's `deserializeThread`, reject a thread. Never contains the thread's content.
 */
export interface Finding {
  readonly code: FindingCode;
  /** The location in the thread, such as `$.messages[3].tool_calls[0]`. */
  readonly path: string;
  /** The problem in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly remedy: string;
}

/** The remedy for each kind of finding. */
export const REMEDIES: { readonly [Code in FindingCode]: string } = {
  "answer-missing": "A repair adds an assistant message that says the turn was interrupted.",
  "approval-dangling": "A repair removes it from the turn.",
  "arguments-invalid":
    "A repair converts them to JSON: an object is kept, and anything else becomes the member `raw`.",
  "call-id-duplicated": "A repair gives the later call and its result a new id.",
  "call-id-invalid": "A repair gives the call and its result a new id.",
  "call-invalid": "A repair corrects the name of the tool, or drops the call if there is none.",
  "calls-empty": "A repair removes the empty member.",
  "calls-too-many": "A repair splits the message into several, each with the results of its calls.",
  "content-invalid":
    "A repair converts it to a form that the API accepts, such as text, or drops a message without content.",
  "envelope-invalid": "A repair sets it. Pass the thread's `agent` and `kind` if they are lost.",
  "member-missing": "A repair adds it.",
  "member-unsupported": "A repair removes it.",
  "message-duplicated": "A repair drops the second message, or only its id if it says something else.",
  "message-empty": "A repair drops the message.",
  "message-invalid": "A repair drops it.",
  "name-invalid": "A repair replaces the characters that are not accepted, or removes the name.",
  "part-unsupported":
    "A repair moves an image to a user message after the results, and replaces any other part with a note.",
  "reasoning-dangling": "A repair drops the reasoning.",
  "result-duplicated": "A repair keeps one of the results.",
  "result-misplaced": "A repair moves it to its call.",
  "result-missing": "A repair adds a result that says the call was interrupted, or drops the call.",
  "result-orphaned": "A repair drops the result.",
  "role-unknown": "A repair drops the message.",
  "service-invalid": "A repair removes the reference, so the next run sends the service all messages.",
  "service-outdated": "A repair removes the reference to it, so the next run sends the service all messages.",
  "state-invalid": "A repair removes it, so context providers start without state.",
  "system-misplaced": "A repair converts it to a user message.",
  "text-malformed": "A repair replaces it with U+FFFD.",
  "text-too-long": "A repair cuts it and adds a note that says so, or replaces it as `shorten` says.",
  "tool-gone": "A repair converts the call and its result to text of the assistant, or drops both.",
  "turn-invalid":
    "A repair finds the turn's input in the messages, or closes the turn and adds results to its open calls that say so.",
  "turn-open":
    "Continue it with the agent's resume. A repair closes the turn and adds results to its open calls that say so.",
};

/** All kinds of finding. */
export const FINDING_CODES: readonly FindingCode[] = Object.keys(REMEDIES) as FindingCode[];
