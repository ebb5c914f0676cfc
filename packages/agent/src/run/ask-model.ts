import { AgentError } from "../agent-error.ts";
import { mergeLeftOut } from "../left-out.ts";
import type { UnacceptedRange } from "../thread/unaccepted.ts";
import { guessRejected, type SentRanges } from "./guess-rejected.ts";
import { leaveOutUnaccepted } from "./leave-out-unaccepted.ts";
import type { Model, ModelRequest, ModelResponse } from "./protocol.ts";
import type { TurnDraft } from "./turn-draft.ts";
import type { Replacing } from "./unaccepted-notes.ts";

/** The statuses of rejections that can be about a message: all but those about keys, models, URLs and quotas. */
const CONTENT_STATUSES: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 413, 422]);

interface Asking<Message extends object, Usage extends object> extends Replacing<Message> {
  readonly model: Model<Message, Usage>;
}

/**
 * Sends a request. If the service rejects it, and messages of turns that were closed have never been accepted, sends
 * it again with notes in the place of some of them. The draft remembers which the service has accepted or rejected.
 */
export async function askModel<Message extends object, Usage extends object>(
  draft: TurnDraft<Message, Usage>,
  request: ModelRequest<Message>,
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { unaccepted, list } = draft;
  if (unaccepted.length === 0) return asking.model.ask(request);
  const pending = unaccepted.filter(({ isLeftOut }) => !isLeftOut);
  const sent = findSent(pending, request.messages, list.messages, asking.threads);
  const rejected = unaccepted.filter(({ isLeftOut }) => isLeftOut);
  let guess: readonly UnacceptedRange[] = [];
  let guesses: (readonly UnacceptedRange[])[] | undefined;
  const remember = (): void => {
    const isKnown = (range: UnacceptedRange): boolean =>
      sent.whole.includes(range) || guess.some((part) => overlap(part, range));
    const others = unaccepted.filter((range) => !isKnown(range));
    draft.unaccepted = [...others, ...guess].toSorted((a, b) => a.start - b.start);
  };
  for (;;) {
    const output = watchOutput(request);
    try {
      const response = await askWithout(list.messages, output.request, [...rejected, ...guess], asking);
      remember();
      return response;
    } catch (error) {
      // The service has begun to respond, so the guess was right, and what follows it is not to be doubted.
      if (guess.length > 0 && output.isWritten()) remember();
      request.signal.throwIfAborted();
      guesses ??= guessRejected(sent, list.messages, asking);
      const next = guesses.shift();
      if (next === undefined || output.isWritten() || !isAboutContent(error)) throw error;
      guess = next;
    }
  }
}

async function askWithout<Message extends object, Usage extends object>(
  thread: readonly Message[],
  request: ModelRequest<Message>,
  ranges: readonly UnacceptedRange[],
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { messages, leftOut } = leaveOutUnaccepted(request.messages, thread, ranges, asking);
  const response = await asking.model.ask({ ...request, messages });
  for (const left of leftOut) request.emit?.({ type: "left-out", ...left });
  return { ...response, leftOut: mergeLeftOut(leftOut, response.leftOut ?? []) };
}

/** Finds the ranges that a request contains: `reduceHistory` can remove, summarize or change their messages. */
function findSent<Message extends object>(
  ranges: readonly UnacceptedRange[],
  messages: readonly Message[],
  thread: readonly Message[],
  threads: Asking<Message, object>["threads"],
): SentRanges {
  const sent = new Set(messages);
  const inRange = ({ start, end }: UnacceptedRange): readonly Message[] => thread.slice(start, end);
  const whole = ranges.filter((range) => inRange(range).every((message) => sent.has(message)));
  const replaceable = ranges.filter((range) => {
    const others = inRange(range).filter((message) => !threads.isToolResult(message));
    return whole.includes(range) || (others.length > 0 && others.every((message) => sent.has(message)));
  });
  return { whole, replaceable };
}

function overlap(one: UnacceptedRange, other: UnacceptedRange): boolean {
  return one.start < other.end && other.start < one.end;
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
