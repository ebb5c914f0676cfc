import { createId, type JsonObject } from "@threadstore/core/documents";
import { type LeftOut, mergeLeftOut } from "../left-out.ts";
import type { PendingApproval } from "../thread.ts";
import type { MessageList } from "../thread/message-list.ts";
import { toPendingApproval } from "../thread/pending-approval.ts";
import type { ThreadRevision } from "../thread/thread-state.ts";
import type { ToolCall } from "../thread/tool-call.ts";
import { digestInput } from "../thread/turn-digests.ts";
import { addKey, type KeyRecord, type TurnKey } from "../thread/turn-key.ts";
import type { CallRecord, CallState, TurnRecord } from "../thread/turn-record.ts";
import type { UnacceptedRange } from "../thread/unaccepted.ts";
import { addUsage } from "./add-usage.ts";
import type { ModelResponse } from "./protocol.ts";

/** How the model's last response ended. */
type ResponseEnd = Pick<ModelResponse<object, object>, "finishReason" | "refusal">;

/** A call of the last response, until its result becomes a message. */
export interface DraftCall<Message extends object> {
  readonly call: ToolCall;
  record: CallRecord | undefined;
  result: Message | undefined;
}

const NEW_TURN = {
  key: undefined,
  rounds: 0,
  attempts: 0,
  state: undefined,
  error: undefined,
  text: undefined,
  isRejected: false,
  notes: [],
  usage: undefined,
  calls: [],
  extra: {},
} as const;

/** The turn that a run works on. The thread does not change until the draft is committed. */
export class TurnDraft<Message extends object, Usage extends object> {
  readonly id: string;
  /** The index of the turn's first message. */
  readonly start: number;
  readonly input: number | undefined;
  readonly #digests: readonly string[];
  readonly #key: TurnKey | undefined;
  readonly #keys: readonly KeyRecord[];
  list: MessageList<Message>;
  calls: DraftCall<Message>[];
  usage: Usage | undefined;
  rounds: number;
  /** How often the turn was resumed since it last got further. */
  attempts: number;
  service: JsonObject | undefined;
  state: JsonObject;
  unaccepted: readonly UnacceptedRange[];
  /** The `service` of the thread if the run fails; `undefined` if the earlier one stays valid. */
  serviceIfDiscarded: JsonObject | undefined;
  /** Whether the service's copy of the conversation contains a response that the draft does not. */
  isBehind = false;
  /** Whether a tool of this process has started in this run because its call was approved. */
  hasRunApproved = false;
  /** Whether the service rejected the last request. */
  isRejected = false;
  /** What was left out of the requests of this run. */
  leftOut: readonly LeftOut[] = [];
  /** Texts for the model about results that have no place for them, in the instructions of this turn's requests. */
  notes: readonly string[];
  readonly #extra: JsonObject;

  private constructor(record: TurnRecord, calls: readonly ToolCall[], base: ThreadRevision<Message>) {
    this.id = record.id;
    this.start = record.start;
    this.input = record.input;
    this.#digests = record.digests;
    this.#key = record.key;
    this.#keys = base.keys;
    this.rounds = record.rounds;
    this.attempts = record.attempts;
    // Assumes the provider's form. In a thread that does not have it, only a sum is wrong.
    this.usage = record.usage as Usage | undefined;
    this.notes = record.notes;
    this.#extra = record.extra;
    this.calls = calls.map((call) => ({
      call,
      record: record.calls.find(({ callId }) => callId === call.callId),
      result: undefined,
    }));
    this.list = base.list;
    this.service = base.service;
    this.state = base.state;
    this.unaccepted = base.unaccepted;
  }

  /** Starts a turn with an input. */
  static start<Message extends object, Usage extends object>(
    base: ThreadRevision<Message>,
    input: readonly Message[],
    key: TurnKey | undefined,
  ): TurnDraft<Message, Usage> {
    const start = base.list.messages.length;
    const place = { start, input: input.length, digests: digestInput(input) };
    const record = { ...NEW_TURN, ...place, id: createId(), key };
    return new TurnDraft(record, [], { ...base, list: base.list.append(input) });
  }

  /** Continues the open turn of a thread. */
  static reopen<Message extends object, Usage extends object>(
    base: ThreadRevision<Message>,
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
      .map(({ call }) => toPendingApproval(this, call));
  }

  /** Remembers that the service has added a response to its copy of the conversation. */
  noteAdded(serviceIfDiscarded: JsonObject): void {
    this.serviceIfDiscarded = serviceIfDiscarded;
    this.isBehind = true;
  }

  addResponse(response: ModelResponse<Message, Usage>): void {
    this.list = this.list.append(response.messages);
    this.calls = response.calls.map((call) => ({ call, record: undefined, result: undefined }));
    this.usage = addUsage(this.usage, response.usage);
    this.service = response.service;
    this.isBehind = false;
    this.leftOut = mergeLeftOut(this.leftOut, response.leftOut ?? []);
    this.rounds += 1;
    this.attempts = 0;
  }

  addNote(note: string): void {
    this.notes = [...this.notes, note.toWellFormed()];
  }

  /** Turns the results of calls into messages, in the order of the calls, and returns them. */
  addResults(): readonly Message[] {
    const results = this.#results();
    if (results.length > 0) this.attempts = 0;
    this.list = this.list.append(results);
    this.calls = this.calls.filter(({ result }) => result === undefined);
    return results;
  }

  /** Returns the revision with the turn still open. */
  toOpenRevision(): ThreadRevision<Message> {
    const { id, start, input, rounds } = this;
    const results = this.#results();
    const attempts = results.length === 0 ? this.attempts : 0;
    const calls = this.calls
      .filter(({ result }) => result === undefined)
      .map(({ call, record }) => record ?? recordCall(call, "started"));
    const usage = this.usage as JsonObject | undefined;
    const { isRejected, notes } = this;
    const progress = { id, start, input, rounds, attempts, usage, calls, isRejected, notes };
    const turn = { ...NEW_TURN, ...progress, digests: this.#digests, key: this.#key, extra: this.#extra };
    const service = this.isBehind ? this.serviceIfDiscarded : this.service;
    return { ...this.#revision, service, list: this.list.append(results), turn };
  }

  /** Returns the revision with the turn completed. */
  toCompletedRevision(response: ResponseEnd | undefined): ThreadRevision<Message> {
    if (this.#key === undefined) return this.#revision;
    const { refusal, finishReason } = response ?? {};
    const usage = this.usage as JsonObject | undefined;
    const end = { start: this.start, end: this.list.messages.length, isAbandoned: false };
    const record = { ...this.#key, ...end, usage, finishReason, refusal };
    return { ...this.#revision, keys: addKey(this.#keys, record) };
  }

  get #revision(): ThreadRevision<Message> {
    const { list, service, state, unaccepted } = this;
    return { list, service, state, unaccepted, keys: this.#keys, turn: undefined };
  }

  #results(): Message[] {
    return this.calls.flatMap(({ result }) => (result === undefined ? [] : [result]));
  }
}

export function recordCall({ callId }: ToolCall, state: CallState, reason?: string): CallRecord {
  return { callId, state, ...(reason === undefined ? {} : { reason }) };
}
