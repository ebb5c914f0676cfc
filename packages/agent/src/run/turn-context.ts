import type { JsonValue } from "@threadstore/core";
import { isPlainObject, untilAborted } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { ContextRequest, ProvidedContext } from "../context/context-provider.ts";
import { providerState, REDUCER_STATE_NAME } from "../context/provider-state.ts";
import { copyJson } from "../json.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ModelRequest } from "./protocol.ts";
import type { RunSettings } from "./run-settings.ts";
import type { TurnDraft } from "./turn-draft.ts";

type ContextSettings<Message extends object> = Pick<
  RunSettings<Message>,
  "context" | "instructions" | "reduceHistory"
>;

type RequestContext<Message extends object> = Pick<
  ModelRequest<Message>,
  "instructions" | "messages" | "unanswered"
>;

/** Assembles the model's context during one run, and notifies the providers when the turn ends. */
export class TurnContext<Message extends object> {
  readonly #settings: ContextSettings<Message>;
  readonly #threads: ThreadKind<string, Message>;
  readonly #draft: TurnDraft<Message, object>;
  readonly #signal: AbortSignal;
  #provided: Promise<readonly ProvidedContext<Message>[]> | undefined;

  constructor(
    settings: ContextSettings<Message>,
    threads: ThreadKind<string, Message>,
    draft: TurnDraft<Message, object>,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#threads = threads;
    this.#draft = draft;
    this.#signal = signal;
  }

  /**
   * Resolves with the context of the next request. Rejects with the signal's reason, or with the error of a provider
   * or the reducer.
   */
  async assemble(): Promise<RequestContext<Message>> {
    const { instructions } = this.#settings;
    this.#provided ??= this.#provide();
    const provided = await untilAborted(this.#provided, this.#signal);
    const added = provided.flatMap((context) => context.messages ?? []);
    const history = await this.#reduceHistory();
    const turn = this.#draft.messages;
    const unanswered = this.#draft.rounds === 0 ? [...added, ...turn] : this.#lastResults(turn);
    const texts = [instructions, ...provided.map((context) => context.instructions)];
    return {
      instructions: texts.filter((text) => text !== undefined),
      messages: [...history, ...added, ...turn],
      unanswered,
    };
  }

  /** Notifies the providers that the turn has ended. */
  async observe(): Promise<void> {
    const observing = this.#settings.context.map(async ({ name, observe }) => observe?.(this.#request(name)));
    await untilAborted(Promise.all(observing), this.#signal);
  }

  async #provide(): Promise<ProvidedContext<Message>[]> {
    return Promise.all(
      this.#settings.context.map(async ({ name, provide }, index) => {
        const provided = await provide?.(this.#request(name));
        return this.#checkProvided(provided ?? {}, `context[${index}]`);
      }),
    );
  }

  #checkProvided(provided: unknown, path: string): ProvidedContext<Message> {
    const code = "INVALID_ARGUMENT";
    if (!isPlainObject(provided)) {
      throw invalidValue(code, path, "a context provider whose provide returns an object");
    }
    const { instructions, messages } = provided;
    if (instructions !== undefined && (typeof instructions !== "string" || !instructions.isWellFormed())) {
      throw invalidValue(code, `${path}.instructions`, "a well-formed string", instructions);
    }
    return { instructions, messages: this.#checkMessages(messages ?? [], `${path}.messages`) };
  }

  async #reduceHistory(): Promise<readonly Message[]> {
    const { reduceHistory } = this.#settings;
    const request = this.#request(REDUCER_STATE_NAME);
    if (reduceHistory === undefined) return request.messages;
    const reduced: unknown = await untilAborted((async () => reduceHistory(request))(), this.#signal);
    return this.#checkMessages(reduced, "reduceHistory", new Set(request.messages));
  }

  /** Copies messages that are not `known`, and checks the tool-call pairing of all. */
  #checkMessages(value: unknown, path: string, known: ReadonlySet<unknown> = new Set()): Message[] {
    const code = "INVALID_ARGUMENT";
    if (!Array.isArray(value)) throw invalidValue(code, path, "an array of messages", value);
    const copies = value.map((message: unknown, index) =>
      known.has(message) ? (message as JsonValue) : copyJson(message, { code, path: `${path}[${index}]` }),
    );
    const messages = this.#threads.checkMessages(copies, path, code);
    const open = this.#threads.findOpenCalls(messages, path, code);
    if (open.calls.length === 0) return messages;
    const message = `\`${open.path}\` is separated from its results. Cut the history between turns.`;
    throw new AgentError(code, message, { path: open.path });
  }

  #request(name: string): ContextRequest<Message> {
    const { start, list } = this.#draft;
    return {
      messages: Object.freeze(list.first(start)),
      turn: Object.freeze(this.#draft.messages),
      state: providerState(this.#draft, name),
      signal: this.#signal,
    };
  }

  #lastResults(turn: readonly Message[]): readonly Message[] {
    return turn.slice(turn.findLastIndex((message) => !this.#threads.isToolResult(message)) + 1);
  }
}
