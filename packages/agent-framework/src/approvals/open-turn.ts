import { memberPath } from "@threadstore/core/documents";
import { invalidNode } from "../json/invalid-node.ts";
import { getMember, getText, type JsonNode, type ObjectNode } from "../json/node.ts";
import { turnFingerprint } from "./turn-fingerprint.ts";

/** A call of an open turn in a `threadstore.thread`. */
export interface OpenCall {
  readonly callId: string;
  readonly state: string;
  readonly reason?: string;
  readonly path: string;
}

/** The open turn of a `threadstore.thread`. */
export interface OpenTurn {
  /** Whether it was stopped or failed, so that it does not continue by itself. */
  readonly isEnded: boolean;
  /** Whether it has the beginning of an answer. */
  readonly hasText: boolean;
  readonly calls: readonly OpenCall[];
  readonly fingerprint: string;
}

/** Reads the open turn of a thread that is about to be written. Throws `THREAD_INVALID` with the path. */
export function readOpenTurn(root: ObjectNode): OpenTurn | undefined {
  const turn = getMember(root, "turn");
  if (turn === undefined || turn.type === "null") return undefined;
  if (turn.type !== "object") throw invalidNode("$.turn", "an object", turn);
  const list = getMember(turn, "calls");
  if (list !== undefined && list.type !== "array")
    throw invalidNode("$.turn.calls", "an array of calls", list);
  const calls = (list?.items ?? []).map((call, index) => readCall(call, memberPath("$.turn.calls", index)));
  const rounds = getMember(turn, "rounds");
  const waiting = {
    id: getText(turn, "id") ?? "",
    rounds: rounds?.type === "number" ? Number(rounds.text) : 0,
    calls,
  };
  const isEnded = getMember(turn, "state") !== undefined;
  const hasText = getText(turn, "text") !== undefined;
  return { calls, isEnded, hasText, fingerprint: turnFingerprint(waiting) };
}

function readCall(call: JsonNode, path: string): OpenCall {
  const callId = getText(call, "callId");
  const state = getText(call, "state");
  if (callId === undefined) throw invalidNode(`${path}.callId`, "a string", getMember(call, "callId"));
  if (state === undefined) throw invalidNode(`${path}.state`, "a string", getMember(call, "state"));
  const reason = getText(call, "reason");
  return { callId, state, path, ...(reason === undefined ? {} : { reason }) };
}
