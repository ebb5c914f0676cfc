/** The statuses below 500 of a request that the service may have processed: it took too long, or conflicted. */
const UNKNOWN_STATUSES: ReadonlySet<number> = new Set([408, 409]);

/**
 * Returns whether the service may have processed a request that failed with this error of the `openai` package, or of
 * this one. Only a rejection says that it has not: the response to any other request can be lost on its way, or the
 * caller stopped waiting for it.
 */
export function mayBeProcessed(error: unknown): boolean {
  const { status, code } = readAnswer(error);
  // Another request works on the conversation, so this one did not start.
  if (code === "conversation_locked") return false;
  return typeof status !== "number" || status >= 500 || UNKNOWN_STATUSES.has(status);
}

function readAnswer(error: unknown): { readonly status?: unknown; readonly code?: unknown } {
  return typeof error === "object" && error !== null ? error : {};
}
