import {
  type JsonValue,
  type SerializedThread,
  type StoredThread,
  ThreadStoreError,
} from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { ThreadSnapshot } from "../thread.ts";
import type { UpdatableThread } from "./stored-conversation.ts";
import { type EndingRecord, endingOf } from "./turn-ending.ts";

export const SAVED_BY_OTHER = "Another writer saved this conversation during the turn.";

/** The events about the calls of a response. The first one follows the progress that contains the response. */
const CALL_EVENTS: ReadonlySet<unknown> = new Set(["approval-needed", "tool-call", "tool-result"]);

export interface JournalSettings {
  /** The steps to save: all, those from the first calls of tools on, or none. */
  readonly steps: "all" | "calls" | "none";
  /** Whether to keep a turn that the caller stops. */
  readonly keepsStopped: boolean;
  /** Whether to keep a turn that the caller stops after tools were called, in any case. */
  readonly keepsCalls: boolean;
  /** Whether the turn started earlier. Then it is never restored to a step before those that were taken. */
  readonly isResumed: boolean;
  /** The caller's signal. */
  readonly signal: AbortSignal;
}

/** Saves checkpoints of a turn, so that another process can continue it, and how it ended if it did so early. */
export class Journal {
  readonly #settings: JournalSettings;
  readonly #target: UpdatableThread;
  readonly #original: StoredThread | undefined;
  #latest: ThreadSnapshot | undefined;
  /** The number of messages with the input of a new turn. */
  #inputCount: number | undefined;
  /** What the steps contain that were saved: nothing, only the input of a new turn, or more. */
  #saved: "nothing" | "input" | "more" = "nothing";
  /** The text streamed since the model's last message. */
  #text = "";
  /** The text of the model's last response, until its calls are reported. */
  #answer = "";
  /** The step that was too large to save. */
  #tooLarge: ThreadSnapshot | undefined;

  constructor(settings: JournalSettings, target: UpdatableThread) {
    this.#settings = settings;
    this.#target = target;
    this.#original = target.stored;
  }

  /** Returns the options of a run whose progress is recorded. */
  record<Options extends RunOptions>(options: Options): Options {
    const { steps, keepsStopped, isResumed } = this.#settings;
    if (steps === "none" && !keepsStopped) return options;
    return {
      ...options,
      onProgress: async (snapshot) => {
        this.#inputCount ??= snapshot.messageCount;
        const isInput = !isResumed && snapshot.messageCount === this.#inputCount;
        this.#latest = snapshot;
        if (steps === "all" || (steps === "calls" && !isInput)) {
          await this.#save(snapshot);
          this.#saved = isInput ? "input" : "more";
        }
        await options.onProgress?.(snapshot);
      },
    };
  }

  /** Must be called with each event of a streamed run. */
  observe(event: object): void {
    const { type, delta } = event as { readonly type?: unknown; readonly delta?: unknown };
    if (type === "text" && typeof delta === "string") this.#text += delta;
    // The step with the message is saved later.
    if (type === "message" && this.#text !== "") this.#answer = this.#text;
    if (type === "message" || type === "restarted") this.#text = "";
    if (CALL_EVENTS.has(type)) this.#answer = "";
  }

  /**
   * Performs a run. If it fails, records in the stored thread how its turn ended. If nothing of the turn is to be kept,
   * restores the original thread, so that the same input can be run again.
   */
  async protect<Result>(run: () => Promise<Result>): Promise<Result> {
    const { thread } = this.#target;
    const { messages } = thread;
    const { service } = thread.toJSON();
    try {
      return await run();
    } catch (error) {
      // The service's copy of the conversation can contain the turn, although the thread does not.
      const after = thread.toJSON();
      const discarded = thread.messages === messages && after["service"] !== service ? after : undefined;
      // If this fails too, the first error is still the one to report, and the turn counts as interrupted.
      await Promise.allSettled([this.#end(endingOf(error, this.#settings.signal), discarded)]);
      throw error;
    }
  }

  async #end(ending: EndingRecord | undefined, discarded: SerializedThread | undefined): Promise<void> {
    const { keepsStopped, keepsCalls, isResumed } = this.#settings;
    const isStopped = ending?.state === "stopped";
    const isSaved = this.#saved !== "nothing";
    if (isResumed) {
      // Stopped before the first step: the turn is as it was.
      if (ending !== undefined && (!isStopped || isSaved)) await this.#mark(ending);
    } else if (isStopped && (keepsStopped || (keepsCalls && this.#saved === "more"))) {
      await this.#mark(ending);
    } else if (isStopped || this.#saved !== "more") {
      if (isSaved || discarded !== undefined) await this.#restore(discarded);
    } else if (ending !== undefined) {
      await this.#mark(ending);
    }
  }

  /** Saves the last step with the reason why the turn does not continue. */
  async #mark(ending: EndingRecord): Promise<void> {
    const { steps, isResumed } = this.#settings;
    // The open turn of the thread is another one.
    if (this.#latest === undefined && !isResumed) return;
    const isInStore = steps === "all" || this.#saved !== "nothing";
    const document = isInStore ? this.#target.stored?.thread : this.#latest?.toJSON();
    const turn = document?.["turn"];
    if (document === undefined || turn === undefined || !isJsonObject(turn)) return;
    // An approver has left, and others must still be able to decide on their calls.
    if (isResumed && ending.state === "stopped" && readCalls(turn).some(isWaiting)) return;
    const text = this.#unsavedText(turn, ending);
    const calls = this.#markUnsaved(readCalls(turn));
    const thread: SerializedThread = { ...document, turn: { ...turn, ...calls, ...ending, ...text } };
    await this.#target.save(thread);
  }

  /** Returns the streamed text that the messages of the turn do not contain, as a member of the turn. */
  #unsavedText(turn: JsonObject, { state }: EndingRecord): JsonObject {
    // A step with open calls contains the response that made them.
    const isAnswer = state === "stopped" && readCalls(turn).length === 0;
    const text = this.#text === "" && isAnswer ? this.#answer : this.#text;
    return text === "" ? {} : { text };
  }

  /** Marks the calls that have a result in the step that was too large to save, so that they do not run again. */
  #markUnsaved(calls: readonly JsonObject[]): JsonObject {
    if (this.#tooLarge === undefined) return {};
    const open = new Set(readCalls(this.#tooLarge.toJSON()["turn"]).map(({ callId }) => callId));
    const marked = calls.map((call) => (open.has(call["callId"]) ? call : { ...call, state: "unsaved" }));
    return marked.length === 0 ? {} : { calls: marked };
  }

  async #save(snapshot: ThreadSnapshot): Promise<void> {
    try {
      // Without the signal: a write that is given up may still arrive, and would conflict with the mark of the end.
      await this.#target.save(await snapshot.serialize());
    } catch (cause) {
      if (!ThreadStoreError.is(cause)) throw cause;
      if (cause.code === "TOO_LARGE") this.#tooLarge = snapshot;
      if (cause.code !== "CONFLICT") {
        const message = `The progress of the turn could not be saved (${cause.code}), so the turn stopped. Resume it when the store accepts it, or end it with abandon; see the cause.`;
        throw new AgentError("SAVE_FAILED", message, { cause });
      }
      // The other writer has taken over or ended the turn, so nothing this process does from here on can be saved.
      const remedy =
        "The turn stopped before its end. Load the conversation to see what the other one did, and then run again, or resume the turn if it is still open.";
      throw new AgentError("CONVERSATION_CONFLICT", `${SAVED_BY_OTHER} ${remedy}`, { cause });
    }
  }

  async #restore(discarded: SerializedThread | undefined): Promise<void> {
    if (this.#original === undefined) await this.#target.remove();
    else await this.#target.save(discarded ?? this.#original.json);
  }
}

function isWaiting({ state }: JsonObject): boolean {
  return state === "approval-needed";
}

function readCalls(turn: JsonValue | undefined): readonly JsonObject[] {
  const calls = turn !== undefined && isJsonObject(turn) ? turn["calls"] : undefined;
  return Array.isArray(calls) ? calls.filter(isJsonObject) : [];
}
