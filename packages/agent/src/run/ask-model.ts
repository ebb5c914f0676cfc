import { AgentError } from "../agent-error.ts";
import type { Model, ModelRequest, ModelResponse } from "../protocol.ts";
import { positionsIn, toLeftOut, type UnacceptedRange } from "../thread/unaccepted.ts";
import { guessRefused } from "./guess-refused.ts";
import { leaveOutUnaccepted, type Replacing } from "./leave-out-unaccepted.ts";
import { mergeLeftOut } from "./left-out.ts";
import type { TurnDraft } from "./turn-draft.ts";

/** The statuses of refusals that can be about a message: all but those about keys, models, URLs and quotas. */
const CONTENT_STATUSES: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 413, 422]);

interface Asking<Message extends object, Usage extends object> extends Replacing<Message> {
  readonly model: Model<Message, Usage>;
}

/**
 * Sends a request. If the service refuses it, and messages of turns that were closed have never been accepted, sends
 * it again with notes in the place of some of them. The draft remembers which the service has accepted or refused.
 */
export async function askModel<Message extends object, Usage extends object>(
  draft: TurnDraft<Message, Usage>,
  request: ModelRequest<Message>,
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { unaccepted, list } = draft;
  if (unaccepted.length === 0) return asking.model.ask(request);
  const isSent = contains(request.messages, draft);
  const refused = positionsIn(unaccepted.filter(({ isLeftOut }) => isLeftOut));
  const sent = unaccepted.filter((range) => !range.isLeftOut && isSent(range));
  let guess: readonly number[] = [];
  let guesses: (readonly number[])[] | undefined;
  for (;;) {
    const output = watchOutput(request);
    try {
      const response = await askWithout(list.messages, output.request, [...refused, ...guess], asking);
      const others = unaccepted.filter((range) => !sent.includes(range));
      draft.unaccepted = [...others, ...toLeftOut(guess)].toSorted((a, b) => a.start - b.start);
      return response;
    } catch (error) {
      request.signal.throwIfAborted();
      guesses ??= guessRefused(positionsIn(sent), list.messages, asking);
      const next = guesses.shift();
      if (next === undefined || output.isWritten() || !isAboutContent(error)) throw error;
      guess = next;
    }
  }
}

async function askWithout<Message extends object, Usage extends object>(
  thread: readonly Message[],
  request: ModelRequest<Message>,
  positions: readonly number[],
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { messages, leftOut } = leaveOutUnaccepted(request.messages, thread, positions, asking);
  const response = await asking.model.ask({ ...request, messages });
  for (const left of leftOut) request.emit?.({ type: "left-out", ...left });
  return { ...response, leftOut: mergeLeftOut(leftOut, response.leftOut ?? []) };
}

/** Returns whether all messages of a range are in a request: `reduceHistory` can remove or summarize them. */
function contains<Message extends object>(
  messages: readonly Message[],
  { list }: TurnDraft<Message, object>,
): (range: UnacceptedRange) => boolean {
  const sent = new Set(messages);
  return ({ start, end }) => list.messages.slice(start, end).every((message) => sent.has(message));
}

function isAboutContent(error: unknown): boolean {
  return AgentError.is(error, "MODEL_REFUSED") && CONTENT_STATUSES.has(error.status);
}

/** Watches whether the model's output is emitted: after that, a request must not be sent again. */
function watchOutput<Message extends object>(
  request: ModelRequest<Message>,
): { readonly request: ModelRequest<Message>; readonly isWritten: () => boolean } {
  const { emit } = request;
  let isWritten = false;
  if (emit === undefined) return { request, isWritten: () => false };
  const watched: typeof emit = (event) => {
    if (event.type !== "left-out" && event.type !== "restarted") isWritten = true;
    emit(event);
  };
  return { request: { ...request, emit: watched }, isWritten: () => isWritten };
}
