import type { PendingApproval } from "../thread.ts";
import { shortDigest } from "./short-digest.ts";
import type { ToolCall } from "./tool-call.ts";

/** The turn, and the response in it, that a call belongs to. */
interface CallOrigin {
  readonly id: string;
  readonly rounds: number;
}

/** Returns what a person decides on. The digest differs for any other call, also if a server uses its id again. */
export function toPendingApproval(turn: CallOrigin, call: ToolCall): PendingApproval {
  const { callId, name, arguments: text, kind } = call;
  const shown = { callId, name, arguments: text, digest: digestOf(turn, call) };
  return kind === undefined ? shown : { ...shown, kind };
}

function digestOf({ id, rounds }: CallOrigin, { callId, name, arguments: text, kind }: ToolCall): string {
  // Without a kind, the formula is that of earlier versions.
  const shown = JSON.stringify([id, rounds, callId, name, text, ...(kind === undefined ? [] : [kind])]);
  return shortDigest(shown);
}
