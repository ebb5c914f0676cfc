import { randomUUID } from "node:crypto";
import type { SessionKey, SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";

/** Returns a key that no other test uses. */
export function newKey(members: Partial<SessionKey> = {}): SessionKey {
  return { projectKey: `-work-${randomUUID()}`, sessionId: randomUUID(), ...members };
}

/** Returns an entry with a `uuid`, as a transcript has for each message. */
export function message(text: string, members: object = {}): SessionStoreEntry & { readonly uuid: string } {
  return {
    type: "user",
    uuid: randomUUID(),
    timestamp: "2027-03-01T09:30:00.000Z",
    message: { role: "user", content: text },
    ...members,
  };
}

export function messages(count: number, prefix = "m"): (SessionStoreEntry & { readonly uuid: string })[] {
  return Array.from({ length: count }, (_, index) => message(`${prefix} ${index}`));
}

/** Returns an entry without a `uuid`, such as a mode or a title. */
export function marker(text: string): SessionStoreEntry {
  return { type: "mode", mode: text };
}

/** Returns an entry without a `uuid` that renames the session. */
export function title(customTitle: string): SessionStoreEntry {
  return { type: "custom-title", customTitle };
}

/** Returns the texts of entries, for comparisons that are easy to read. */
export function textsOf(entries: readonly SessionStoreEntry[] | null): string[] {
  return (entries ?? []).map((entry) => {
    const { message: content, mode } = entry as {
      readonly message?: { readonly content: string };
      readonly mode?: string;
    };
    return content?.content ?? mode ?? entry.type;
  });
}
