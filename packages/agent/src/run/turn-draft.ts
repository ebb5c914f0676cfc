import type { ModelAnswer } from "../protocol.ts";
import type { JsonObject } from "../thread/json.ts";
import type { MessageList } from "../thread/message-list.ts";
import type { ThreadChange } from "../thread/thread-state.ts";
import type { PendingApproval } from "../thread/thread.ts";
import type { CallRecord, CallState, TurnRecord } from "../thread/turn-record.ts";
import type { ToolCall } from "../tools/tool-call.ts";
import { addUsage } from "./usage.ts";

/** A call of the last answer, on its way to its result. */
export interface DraftCall<Message extends object> {
  readonly call: ToolCall;
  record: CallRecord | undefined;
  result: Message | undefined;
}

/** The turn that a run works on. Nothing of it is in the thread before it is committed. */
export class TurnDraft<Message extends object, Usage extends object> {
  readonly id: string;
  /** Where in the messages the turn begins. */
  readonly start: number;
  list: MessageList<Message>;
  calls: DraftCall<Message>[];
  usage: Usage | undefined;
  rounds: number;
  service: JsonObject | undefined;
  state: JsonObject;
  readonly #extra: JsonObject;

  private constructor(record: TurnRecord, calls: readonly ToolCall[], base: ThreadChange<Message>) {
    this.id = record.id;
    this.start = record.start;
    this.rounds = record.rounds;
    // In the form of the provider that counted them; where that is not so, only a number is wrong.
    this.usage = record.usage as Usage | undefined;
    this.#extra = record.extra;
    this.calls = calls.map((call) => {
      const found = record.calls.find(({ callId }) => callId === call.callId);
      return { call, record: found, result: undefined };
    });
    this.list = base.list;
    this.service = base.service;
    this.state = base.state;
  }

  /** The turn that an input begins. */
  static begin<Message extends object, Usage extends object>(
    base: ThreadChange<Message>,
    input: readonly Message[],
  ): TurnDraft<Message, Usage> {
    const start = base.list.messages.length;
    const record = { id: crypto.randomUUID(), start, rounds: 0, usage: undefined, calls: [], extra: {} };
    return new TurnDraft(record, [], { ...base, list: base.list.append(input) });
  }

  /** The open turn of a thread. */
  static reopen<Message extends object, Usage extends object>(
    base: ThreadChange<Message>,
    record: TurnRecord,
    calls: readonly ToolCall[],
  ): TurnDraft<Message, Usage> {
    return new TurnDraft(record, calls, base);
  }

  get messages(): readonly Message[] {
    return this.list.messages.slice(this.start);
  }

  get approvals(): PendingApproval[] {
    return this.calls
      .filter(({ record }) => record?.state === "approval-needed")
      .map(({ call: { callId, name, arguments: text } }) => ({ callId, name, arguments: text }));
  }

  addAnswer(answer: ModelAnswer<Message, Usage>): void {
    this.list = this.list.append(answer.messages);
    this.calls = answer.calls.map((call) => ({ call, record: undefined, result: undefined }));
    this.usage = addUsage(this.usage, answer.usage);
    this.service = answer.service;
    this.rounds += 1;
  }

  /** The results of the calls become messages, in the order of the calls. */
  settleCalls(): readonly Message[] {
    const results = this.#results();
    this.list = this.list.append(results);
    this.calls = this.calls.filter(({ result }) => result === undefined);
    return results;
  }

  /** What `serialize` is to give if the turn stops here. */
  whileOpen(): ThreadChange<Message> {
    const { id, start, rounds } = this;
    const calls = this.calls
      .filter(({ result }) => result === undefined)
      .map(({ call, record }) => record ?? recordCall(call, "started"));
    const usage = this.usage as JsonObject | undefined;
    const turn = { id, start, rounds, usage, calls, extra: this.#extra };
    return { ...this.completed(), list: this.list.append(this.#results()), turn };
  }

  /** What the thread becomes when the turn has ended. */
  completed(): ThreadChange<Message> {
    const { list, service, state } = this;
    return { list, service, state, turn: undefined };
  }

  #results(): Message[] {
    return this.calls.flatMap(({ result }) => (result === undefined ? [] : [result]));
  }
}

export function recordCall({ callId }: ToolCall, state: CallState, reason?: string): CallRecord {
  return { callId, state, ...(reason === undefined ? {} : { reason }) };
}
