/**
 * Returns whether the id of a call contains the signature of Gemini's thoughts, which Gemini requires. LiteLLM stores it
 * there.
 */
export function hasThoughtSignature(callId: string): boolean {
  return callId.includes("__thought__");
}
