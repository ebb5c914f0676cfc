import { removeCalls, removeEntries, type CallSlot, type Draft, type Entry } from "./draft.ts";
import { hasContent } from "./messages.ts";
import type { PlacedCall, Pairing } from "./pairing.ts";

/** What is told of a call that was taken out. */
export interface Dropped {
  readonly what: string;
  readonly action: "drop";
  /** Where its result was. */
  readonly counterpart?: string | undefined;
}

/** Takes calls out of a thread, each with its result; and with its message, where nothing is left of that. */
export interface CallDrops {
  drop(call: PlacedCall): Dropped;
  has(slot: CallSlot): boolean;
  /** To be called once, when the pairing is needed no more. */
  finish(): void;
}

export function dropCalls(draft: Draft, pairing: Pairing): CallDrops {
  const dropped = new Set<CallSlot>();
  const left = new Map<Entry, number>();
  const removed = new Set<Entry>();
  return {
    drop({ slot, entry }) {
      dropped.add(slot);
      const count = (left.get(entry) ?? entry.calls.length) - 1;
      left.set(entry, count);
      const result = pairing.resultOf.get(slot);
      if (result !== undefined) removed.add(result);
      const isEmptied = count === 0 && !hasContent(entry);
      if (isEmptied) removed.add(entry);
      const also = [
        ...(result === undefined ? [] : ["its result"]),
        ...(isEmptied ? ["the message, in which nothing else was"] : []),
      ];
      const what =
        also.length === 0 ? "the call was dropped" : `the call was dropped, and ${also.join(" and ")}`;
      return { what, action: "drop", counterpart: result?.path };
    },
    has: (slot) => dropped.has(slot),
    finish() {
      for (const entry of left.keys()) removeCalls(entry, dropped);
      removeEntries(draft, removed);
    },
  };
}
