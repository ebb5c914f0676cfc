import type { JsonObject } from "@threadstore/core/documents";
import type { KeyRecord } from "./turn-key.ts";
import type { TurnRecord } from "./turn-record.ts";
import type { UnacceptedRange } from "./unaccepted.ts";

/** The members of a serialized thread other than its messages. */
export interface ThreadFrame {
  readonly agent: string;
  /** Members that this version does not know, which are written back. */
  readonly extra: JsonObject;
  /** The state of context providers, by name, and of the history reducer. */
  readonly state: JsonObject;
  /** The reference to a conversation that a service stores, such as the id of its last response. */
  readonly service: JsonObject | undefined;
  /** The messages of closed turns that the service has never accepted, in the order of the messages. */
  readonly unaccepted: readonly UnacceptedRange[];
  /** The keys of the last turns that have one, oldest first. */
  readonly keys: readonly KeyRecord[];
  readonly turn: TurnRecord | undefined;
}

/** The content of a serialized thread. */
export interface ThreadContent<Message extends object> extends ThreadFrame {
  readonly messages: readonly Message[];
}
