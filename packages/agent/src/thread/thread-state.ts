import type { SerializedThread } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { OpenTurn, PendingApproval, Thread, ThreadSnapshot } from "../thread.ts";
import { MessageList } from "./message-list.ts";
import { toPendingApproval } from "./pending-approval.ts";
import type { ThreadContent, ThreadFrame } from "./thread-content.ts";
import type { ThreadKind } from "./thread-kind.ts";
import type { TurnRecord } from "./turn-record.ts";
import { serializeThread } from "./write-thread.ts";

/** The members of a thread that a run changes. */
export interface ThreadRevision<Message extends object> extends Pick<
  ThreadFrame,
  "keys" | "service" | "state" | "turn" | "unaccepted"
> {
  readonly list: MessageList<Message>;
}

/** The implementation of {@link Thread}. */
export class ThreadState<Kind extends string, Message extends object> implements Thread<Message> {
  readonly #kind: ThreadKind<Kind, Message>;
  #frame: ThreadFrame;
  #list: MessageList<Message>;
  #isRunning = false;

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
    const { id, error, attempts, text } = turn;
    const key = turn.key?.value;
    const approvals = this.#findApprovals(turn);
    const state = turn.state ?? (approvals.length === 0 ? "open" : "waiting");
    return { id, key, state, error, attempts, approvals, text };
  }

  /** The revision that a run starts from. */
  get revision(): ThreadRevision<Message> {
    const { service, state, unaccepted, keys, turn } = this.#frame;
    return { list: this.#list, service, state, unaccepted, keys, turn };
  }

  commit({ list, ...members }: ThreadRevision<Message>): void {
    this.#frame = { ...this.#frame, ...members };
    this.#list = list;
  }

  /** Returns the thread as it would be after committing a revision with an open turn. */
  snapshot({ list, ...members }: ThreadRevision<Message>, turnId: string): ThreadSnapshot {
    const kind = this.#kind;
    const frame = { ...this.#frame, ...members };
    const toJSON = (): SerializedThread => serializeThread(kind, frame, list);
    return {
      kind: kind.kind,
      agent: frame.agent,
      turnId,
      messageCount: list.messages.length,
      serialize: async () => toJSON(),
      toJSON,
    };
  }

  /** Performs `run` as the only run of this thread. Rejects with `THREAD_BUSY` if another is in progress. */
  async runExclusively<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#isRunning) {
      throw new AgentError(
        "THREAD_BUSY",
        "Another run of this thread is in progress. Await it first, or use a separate thread for each conversation.",
      );
    }
    this.#isRunning = true;
    try {
      return await run();
    } finally {
      this.#isRunning = false;
    }
  }

  toJSON(): SerializedThread {
    return serializeThread(this.#kind, this.#frame, this.#list);
  }

  async serialize(): Promise<SerializedThread> {
    return this.toJSON();
  }

  #findApprovals(turn: TurnRecord): PendingApproval[] {
    const { calls } = this.#kind.findOpenCalls(this.messages, "$.messages", "THREAD_INVALID");
    return calls.flatMap((call) => {
      const record = turn.calls.find(({ callId }) => callId === call.callId);
      return record?.state === "approval-needed" ? [toPendingApproval(turn, call)] : [];
    });
  }
}
