import type { SerializedThread } from "@threadstore/core";

/** A tool call that waits for a person's yes or no. */
export interface PendingApproval {
  /** What `resume` names the call by. */
  readonly callId: string;
  /** The tool's name. */
  readonly name: string;
  /** The model's text, in most cases JSON. What is approved runs with exactly this. */
  readonly arguments: string;
}

/** A turn that has begun and not ended: it waits for approvals, or its process died. */
export interface OpenTurn {
  /** The same in every process that works on the turn. */
  readonly id: string;
  /** The calls that wait for approval; empty when the turn only needs to be taken up again. */
  readonly approvals: readonly PendingApproval[];
}

/**
 * One conversation with an agent, as data. It holds the messages, not the agent's instructions, tools,
 * client or model: those belong to the agent that takes it up.
 *
 * A run adds its messages when it has ended well, all at once. After a failure or an abort the thread is
 * as before the run and can be run again.
 */
export interface Thread<Message extends object = object> {
  /** The kind of agent whose thread this is, such as `chat`. */
  readonly kind: string;
  /** The name of the agent whose thread this is. */
  readonly agent: string;
  /** The messages so far, oldest first; frozen. A later run makes a new array. */
  readonly messages: readonly Message[];
  /** The turn that `resume` goes on with; `run` rejects with `TURN_OPEN` while there is one. */
  readonly openTurn: OpenTurn | undefined;
  /**
   * The thread as strict JSON, for a store; the caller's own copy. During a run it is the thread as before
   * that run.
   */
  serialize(): Promise<SerializedThread>;
  /** The same as JSON text, byte for byte what `JSON.stringify(await thread.serialize())` gives. */
  serializeText(): string;
  /**
   * The same text in parts, for `store.save`: the cheapest form. Each message is encoded once, and a store that
   * saved the thread before reads only the parts that are new.
   */
  serializeParts(): string[];
  /** The same as {@link serialize}, so that JSON.stringify of a thread gives a whole one. */
  toJSON(): SerializedThread;
}

/** A thread as it would be if its turn stopped now: what `onProgress` is given. */
export interface ThreadSnapshot {
  readonly kind: string;
  readonly agent: string;
  /** The id of the open turn. */
  readonly turnId: string;
  /** How many messages the thread has by now. */
  readonly messageCount: number;
  /** The snapshot as JSON text, as `serializeText` of a thread gives it. */
  serializeText(): string;
  /** The same in parts, as `serializeParts` of a thread gives it. */
  serializeParts(): string[];
  toJSON(): SerializedThread;
}
