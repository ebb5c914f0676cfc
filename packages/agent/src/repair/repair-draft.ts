import type { JsonValue } from "@threadstore/core";
import type { MessageEntry } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";

/** A turn that a repair closed. */
export interface ClosedTurn {
  /** The `turn` member of the thread. */
  readonly record: JsonValue | undefined;
  /** The original index of its first message that the service has never accepted; `undefined` if there is none. */
  readonly unacceptedFrom: number | undefined;
}

/** A thread during a repair. */
export interface RepairDraft {
  readonly form: WireForm;
  /** The number of messages of the original thread. */
  readonly originalCount: number;
  entries: MessageEntry[];
  /** The `turn` member of the thread. */
  turn: JsonValue | undefined;
  /** The turn that the repair closed. */
  closedTurn?: ClosedTurn | undefined;
}

export function removeEntries(draft: RepairDraft, removed: ReadonlySet<MessageEntry>): void {
  if (removed.size > 0) draft.entries = draft.entries.filter((entry) => !removed.has(entry));
}
