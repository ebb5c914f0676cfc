// Drafts, and messages that still wait for their answer. Both survive a reload.

const keyOf = (kind, id) => `${kind} ${id}`;

export const loadDraft = (id) => localStorage.getItem(keyOf("draft", id)) ?? "";

export function saveDraft(id, text) {
  if (text === "") localStorage.removeItem(keyOf("draft", id));
  else localStorage.setItem(keyOf("draft", id), text);
}

/** Returns the message that this tab sends, with the key by which the server recognizes it if it is sent again. */
export function loadPending(id) {
  return JSON.parse(sessionStorage.getItem(keyOf("pending", id)) ?? "null") ?? undefined;
}

export function savePending(id, message) {
  if (message === undefined) sessionStorage.removeItem(keyOf("pending", id));
  else sessionStorage.setItem(keyOf("pending", id), JSON.stringify(message));
}
