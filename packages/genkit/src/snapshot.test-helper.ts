import { randomUUID } from "node:crypto";
import type { SessionSnapshotInput, SessionStore } from "genkit/beta";

/** Returns a snapshot as Genkit saves one at the end of a turn. */
export function snapshot(members: Partial<SessionSnapshotInput> = {}): SessionSnapshotInput {
  const state = { messages: [{ role: "user" as const, content: [{ text: "Hello" }] }] };
  return { createdAt: "2027-03-01T09:30:00.000Z", status: "completed", state, ...members };
}

/** Saves a snapshot, and resolves with its id. */
export async function save(
  store: SessionStore,
  members: Partial<SessionSnapshotInput>,
  snapshotId: string = randomUUID(),
): Promise<string> {
  const id = await store.saveSnapshot(snapshotId, () => snapshot(members));
  if (id === null) throw new Error("The snapshot was not saved.");
  return id;
}
