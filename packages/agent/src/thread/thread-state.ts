import type { SerializedThread } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { MessageList } from "./message-list.ts";
import { writeThread, writeThreadParts, type ThreadContent, type ThreadFrame } from "./thread-format.ts";
import type { ThreadKind } from "./thread-kind.ts";
import type { OpenTurn, PendingApproval, Thread, ThreadSnapshot } from "./thread.ts";
import type { TurnRecord } from "./turn-record.ts";

/** What a run makes of a thread. */
export interface ThreadChange<Message extends object> extends Pick<
  ThreadFrame,
  "service" | "state" | "turn"
> {
  readonly list: MessageList<Message>;
}

/** The thread as the agent sees it. */
export class ThreadState<Kind extends string, Message extends object> implements Thread<Message> {
  readonly #kind: ThreadKind<Kind, Message>;
  #frame: ThreadFrame;
  #list: MessageList<Message>;
  #busy = false;

  constructor(kind: ThreadKind<Kind, Message>, { messages, ...frame }: ThreadContent<Message>) {
    this.#kind = kind;
    this.#frame = frame;
    this.#list = MessageList.of(messages);
  }

  get kind(): Kind {
    return this.#kind.kind;
  }

  get agent(): string {
    return this.#frame.agent;
  }

  get messages(): readonly Message[] {
    return this.#list.messages;
  }

  get openTurn(): OpenTurn | undefined {
    const { turn } = this.#frame;
    if (turn === undefined) return undefined;
    return { id: turn.id, approvals: this.#findApprovals(turn) };
  }

  /** The parts that a run starts from. */
  get change(): ThreadChange<Message> {
    const { service, state, turn } = this.#frame;
    return { list: this.#list, service, state, turn };
  }

  /** Takes over what a run has come to. */
  commit({ list, ...changed }: ThreadChange<Message>): void {
    this.#frame = { ...this.#frame, ...changed };
    this.#list = list;
  }

  /** The thread as it would be with a change that has an open turn. */
  snapshot({ list, ...changed }: ThreadChange<Message>, turnId: string): ThreadSnapshot {
    const kind = this.#kind;
    const frame = { ...this.#frame, ...changed };
    return {
      kind: kind.kind,
      agent: frame.agent,
      turnId,
      messageCount: list.messages.length,
      serializeText: () => writeThreadParts(kind, frame, list).join(""),
      serializeParts: () => writeThreadParts(kind, frame, list),
      toJSON: () => writeThread(kind, frame, list.messages),
    };
  }

  /** Does `action` as the only run of this thread, or throws `THREAD_BUSY`. */
  async runAlone<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#busy) {
      throw new AgentError(
        "THREAD_BUSY",
        "Another run of this thread has not ended. Await it first, or give each conversation a thread of its own.",
      );
    }
    this.#busy = true;
    try {
      return await action();
    } finally {
      this.#busy = false;
    }
  }

  toJSON(): SerializedThread {
    return writeThread(this.#kind, this.#frame, this.#list.messages);
  }

  async serialize(): Promise<SerializedThread> {
    return this.toJSON();
  }

  serializeText(): string {
    return this.serializeParts().join("");
  }

  serializeParts(): string[] {
    return writeThreadParts(this.#kind, this.#frame, this.#list);
  }

  #findApprovals(turn: TurnRecord): PendingApproval[] {
    const { calls } = this.#kind.findOpenCalls(this.messages, "$.messages", "THREAD_INVALID");
    return calls.flatMap(({ callId, name, arguments: text }) => {
      const record = turn.calls.find((call) => call.callId === callId);
      return record?.state === "approval-needed" ? [{ callId, name, arguments: text }] : [];
    });
  }
}
