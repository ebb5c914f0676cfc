/** A part of a stored conversation that the AI SDK or a model's provider rejects. Never contains its content. */
export interface Finding {
  readonly code: FindingCode;
  /** The location in the stored thread, such as `$.messages[3].parts[0]`. */
  readonly path: string;
  /** The problem in one sentence. */
  readonly message: string;
  /** The repair in one sentence. */
  readonly remedy: string;
}

/** The remedy for each kind of finding. Codes that an agent's `checkThread` also has mean the same there. */
const REMEDIES = {
  "arguments-invalid": "A repair converts the call to a dynamic tool call, and ends it if it is still open.",
  "call-id-duplicated": "A repair gives the call a new id, or drops a copy of the same call.",
  "call-id-invalid": "A repair gives the call a new id.",
  "call-incomplete": "A repair drops the call. It did not run.",
  "call-invalid": "A repair drops the call.",
  "content-invalid": "A repair converts the content if it can, and drops it otherwise.",
  "message-duplicated": "A repair drops the second message.",
  "message-empty": "A repair drops the message, or adds a note if it is a model message.",
  "message-id-invalid": "A repair gives the message a new id.",
  "message-invalid": "A repair drops it.",
  "message-outdated": "A repair migrates the message.",
  "metadata-invalid": "A repair removes the metadata.",
  "reasoning-dangling": "A repair drops the reasoning.",
  "result-missing":
    "A repair adds a result that says the call was interrupted, or drops the provider's call.",
  "role-unknown": "A repair drops the message.",
  "service-item-duplicated": "A repair removes the later reference, so that the content itself is sent.",
  "service-item-missing": "A repair removes the reference, so that the content itself is sent.",
  "text-incomplete": "A repair keeps the text that arrived.",
  "text-malformed": "A repair replaces it with U+FFFD.",
  "text-too-long": "A repair shortens the text, or replaces the arguments by a note.",
  "tool-gone": "A repair converts the call to a dynamic tool call, and ends it if it is still open.",
  "value-not-json": "A repair converts it to a string.",
} as const;

/** The kinds of finding. The set is closed, and a code's meaning never changes within a major version. */
export type FindingCode = keyof typeof REMEDIES;

/** All kinds of finding. */
export const FINDING_CODES: readonly FindingCode[] = Object.keys(REMEDIES) as FindingCode[];

/** Records a finding. */
export type Report = (code: FindingCode, path: string, message: string) => void;

/** Returns a function that appends findings to a list. */
export function reportTo(findings: Finding[]): Report {
  return (code, path, message) => void findings.push({ code, path, message, remedy: REMEDIES[code] });
}
