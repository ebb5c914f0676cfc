import type { JsonValue } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { AgentCore } from "../agent-options.ts";
import type { ModelRequest } from "../protocol.ts";
import type { TurnDraft } from "../run/turn-draft.ts";
import { untilAborted } from "../run/until-aborted.ts";
import { copyJson, isPlainObject, unexpected } from "../thread/json.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import { keptState, reducerName, type ContextRequest, type Provision } from "./context-provider.ts";

type ContextOptions<Message extends object> = Pick<AgentCore<Message>, "context" | "instructions" | "reduce">;

type Seen<Message extends object> = Pick<ModelRequest<Message>, "instructions" | "messages" | "unanswered">;

/** What the model is told in one run, and who is told of the turn when it has ended. */
export class TurnContext<Message extends object> {
  readonly #setup: ContextOptions<Message>;
  readonly #threads: ThreadKind<string, Message>;
  readonly #draft: TurnDraft<Message, object>;
  readonly #signal: AbortSignal;
  #provided: Promise<readonly Provision<Message>[]> | undefined;

  constructor(
    setup: ContextOptions<Message>,
    threads: ThreadKind<string, Message>,
    draft: TurnDraft<Message, object>,
    signal: AbortSignal,
  ) {
    this.#setup = setup;
    this.#threads = threads;
    this.#draft = draft;
    this.#signal = signal;
  }

  /** What the next request is to say. Rejects with the signal's reason, or what a provider or the reducer throws. */
  async see(): Promise<Seen<Message>> {
    const { instructions } = this.#setup;
    this.#provided ??= this.#provide();
    const provided = await untilAborted(this.#provided, this.#signal);
    const context = provided.flatMap((provision) => provision.messages ?? []);
    const history = await this.#reduce();
    const turn = this.#draft.messages;
    const unanswered = this.#draft.rounds === 0 ? [...context, ...turn] : this.#lastResults(turn);
    const texts = [instructions, ...provided.map((provision) => provision.instructions)];
    return {
      instructions: texts.filter((text) => text !== undefined),
      messages: [...history, ...context, ...turn],
      unanswered,
    };
  }

  /** Tells the providers that the turn has ended. */
  async observe(): Promise<void> {
    const observing = this.#setup.context.map(async ({ name, observe }) => observe?.(this.#request(name)));
    await untilAborted(Promise.all(observing), this.#signal);
  }

  async #provide(): Promise<Provision<Message>[]> {
    return Promise.all(
      this.#setup.context.map(async ({ name, provide }, index) => {
        const provision = await provide?.(this.#request(name));
        return this.#checkProvision(provision ?? {}, `context[${index}]`);
      }),
    );
  }

  #checkProvision(provision: unknown, path: string): Provision<Message> {
    const code = "INVALID_ARGUMENT";
    if (!isPlainObject(provision)) throw unexpected(code, path, "an object from provide", provision);
    const { instructions, messages } = provision;
    if (instructions !== undefined && (typeof instructions !== "string" || !instructions.isWellFormed())) {
      throw unexpected(code, `${path}.instructions`, "well-formed text", instructions);
    }
    return { instructions, messages: this.#checkMessages(messages ?? [], `${path}.messages`) };
  }

  async #reduce(): Promise<readonly Message[]> {
    const { reduce } = this.#setup;
    const request = this.#request(reducerName);
    if (reduce === undefined) return request.messages;
    const reduced: unknown = await untilAborted((async () => reduce(request))(), this.#signal);
    return this.#checkMessages(reduced, "reduce", new Set(request.messages));
  }

  /** Messages that were not checked before are copied; all of them have to be whole units. */
  #checkMessages(given: unknown, path: string, known: ReadonlySet<unknown> = new Set()): Message[] {
    const code = "INVALID_ARGUMENT";
    if (!Array.isArray(given)) throw unexpected(code, path, "an array of messages", given);
    const copies = given.map((message: unknown, index) =>
      known.has(message) ? (message as JsonValue) : copyJson(message, { code }, `${path}[${index}]`),
    );
    const messages = this.#threads.checkMessages(copies, path, code);
    const open = this.#threads.findOpenCalls(messages, path, code);
    if (open.calls.length === 0) return messages;
    const message = `${open.path}: these calls were parted from their results. Cut between turns.`;
    throw new AgentError(code, message, { path: open.path });
  }

  #request(name: string): ContextRequest<Message> {
    const { start, list } = this.#draft;
    return {
      messages: Object.freeze(list.messages.slice(0, start)),
      turn: Object.freeze(this.#draft.messages),
      state: keptState(this.#draft, name),
      signal: this.#signal,
    };
  }

  #lastResults(turn: readonly Message[]): readonly Message[] {
    return turn.slice(turn.findLastIndex((message) => !this.#threads.isToolResult(message)) + 1);
  }
}
