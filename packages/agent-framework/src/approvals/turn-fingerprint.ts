import { textDigest } from "@threadstore/core/documents";
import type { PendingTurn } from "./pending-turn.ts";

type Waiting = Pick<PendingTurn, "id" | "rounds"> & {
  readonly calls: readonly { readonly callId: string; readonly state: string; readonly reason?: string }[];
};

/** Returns a hash of the calls that a turn waits for. It does not depend on members that an agent adds to a turn. */
export function turnFingerprint({ id, rounds, calls }: Waiting): string {
  const states = calls.map(({ callId, state, reason }) => [callId, state, reason ?? null]);
  return textDigest(JSON.stringify([id, rounds, states])).slice(0, 20);
}
