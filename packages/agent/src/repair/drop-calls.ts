import {
  type CallEntry,
  type LocatedCall,
  type MessageEntry,
  removeCalls,
} from "../wire-form/message-entry.ts";
import type { Pairing } from "./pair-results.ts";
import { hasContent } from "./repair-contents.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";

/** The fix of a finding by dropping a call. */
export interface DroppedCall {
  readonly description: string;
  readonly action: "drop";
  /** The location of the call's result. */
  readonly counterpart?: string | undefined;
}

/** Drops calls of a thread together with their results, and messages that become empty. */
export interface CallDrops {
  drop(call: LocatedCall): DroppedCall;
  has(call: CallEntry): boolean;
  /** Applies the drops to the draft. Must be called once, when the pairing is no longer needed. */
  apply(): void;
}

export function collectCallDrops(draft: RepairDraft, pairing: Pairing): CallDrops {
  const dropped = new Set<CallEntry>();
  const remainingCalls = new Map<MessageEntry, number>();
  const removed = new Set<MessageEntry>();
  return {
    drop({ call, owner }) {
      dropped.add(call);
      const count = (remainingCalls.get(owner) ?? owner.calls.length) - 1;
      remainingCalls.set(owner, count);
      const result = pairing.resultOf.get(call);
      if (result !== undefined) removed.add(result);
      const isEmptied = count === 0 && !hasContent(owner);
      if (isEmptied) removed.add(owner);
      const parts = [
        "the call",
        ...(result === undefined ? [] : ["its result"]),
        ...(isEmptied ? ["its otherwise empty message"] : []),
      ];
      const list = [parts.slice(0, -1).join(", "), ...parts.slice(-1)].filter((text) => text !== "");
      const description = `A repair drops ${list.join(" and ")}.`;
      return { description, action: "drop", counterpart: result?.path };
    },
    has: (call) => dropped.has(call),
    apply() {
      for (const entry of remainingCalls.keys()) removeCalls(entry, dropped);
      removeEntries(draft, removed);
    },
  };
}
