import { AgentError } from "@threadstore/agent";
import type { LeftOut, ModelRequest } from "@threadstore/agent/provider";
import { namesAny, readRejection, referencesIn } from "../service-rejection.ts";
import type { ChatMessage } from "./chat-message.ts";

interface Answer<Response> {
  readonly response: Response;
  readonly leftOut: readonly LeftOut[];
}

/** The part of a request that this module needs. */
type Request = Pick<ModelRequest<ChatMessage>, "emit" | "messages" | "signal" | "unanswered">;

const GONE = { type: "text", text: "[An attachment that is no longer available.]" } as const;

/**
 * Sends the messages of a request. If the provider cannot get an image or a file to which an earlier message refers,
 * sends them again without such references, and reports it: the URL of an image in a thread can expire.
 */
export async function sendWithoutGoneFiles<Response>(
  { messages, unanswered, signal, emit }: Request,
  send: (messages: readonly ChatMessage[]) => Promise<Response>,
): Promise<Answer<Response>> {
  try {
    return { response: await send(messages), leftOut: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!AgentError.is(error, "MODEL_REFUSED") || readRejection(error, undefined) !== "files") throw error;
    // The caller must correct the input of this run.
    if (namesAny(error, referencesIn(unanswered))) throw error;
    const end = messages.length - unanswered.length;
    const portable = messages.map((message, index) => (index < end ? withoutReferences(message) : message));
    const count = portable.filter((message, index) => message !== messages[index]).length;
    if (count === 0) throw error;
    const left = { reason: "files", count };
    emit?.({ type: "left-out", ...left });
    return { response: await send(portable), leftOut: [left] };
  }
}

function withoutReferences(message: ChatMessage): ChatMessage {
  if (message.role !== "user" || typeof message.content === "string") return message;
  if (!message.content.some(isReference)) return message;
  return { ...message, content: message.content.map((part) => (isReference(part) ? GONE : part)) };
}

/** Returns whether a part is an image or a file that only its URL or id identifies. */
function isReference(part: object): boolean {
  const { image_url: image, file } = part as {
    readonly image_url?: { readonly url?: unknown };
    readonly file?: { readonly file_id?: unknown };
  };
  const isRemote = typeof image?.url === "string" && !image.url.startsWith("data:");
  return isRemote || typeof file?.file_id === "string";
}
