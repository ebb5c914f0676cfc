import { AgentError } from "../agent-error.ts";
import type { Model, ModelRequest, ModelResponse } from "../protocol.ts";
import type { UnacceptedRange } from "../thread/unaccepted.ts";
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
 * it once more with notes in their place. The draft remembers which messages the service has accepted or refused.
 */
export async function askModel<Message extends object, Usage extends object>(
  draft: TurnDraft<Message, Usage>,
  request: ModelRequest<Message>,
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { unaccepted } = draft;
  if (unaccepted.length === 0) return asking.model.ask(request);
  const refused = unaccepted.filter(({ isLeftOut }) => isLeftOut);
  const output = watchOutput(request);
  const isSent = contains(request.messages, draft);
  try {
    const response = await askWithout(draft, output.request, refused, asking);
    draft.unaccepted = unaccepted.filter((range) => range.isLeftOut || !isSent(range));
    return response;
  } catch (error) {
    request.signal.throwIfAborted();
    const areNew = unaccepted.some((range) => !range.isLeftOut && isSent(range));
    if (!areNew || output.isWritten() || !isAboutContent(error)) throw error;
  }
  const ranges = unaccepted.filter((range) => range.isLeftOut || isSent(range));
  const response = await askWithout(draft, request, ranges, asking);
  draft.unaccepted = unaccepted.map((range) => (isSent(range) ? { ...range, isLeftOut: true } : range));
  return response;
}

async function askWithout<Message extends object, Usage extends object>(
  { list }: TurnDraft<Message, Usage>,
  request: ModelRequest<Message>,
  ranges: readonly UnacceptedRange[],
  asking: Asking<Message, Usage>,
): Promise<ModelResponse<Message, Usage>> {
  const { messages, leftOut } = leaveOutUnaccepted(request.messages, list.messages, ranges, asking);
  for (const left of leftOut) request.emit?.({ type: "left-out", ...left });
  const response = await asking.model.ask({ ...request, messages });
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
