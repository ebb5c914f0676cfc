import { AgentError } from "@threadstore/agent";
import { isError } from "@threadstore/core/documents";

export function unreadable(cause?: unknown): AgentError {
  const message =
    "The server's response does not contain output. Check that the client's base URL points at the Responses API.";
  return new AgentError("RESPONSE_INVALID", message, { cause });
}

/**
 * Resolves with the body of the response. The client fails with a `TypeError` while it reads one that is not JSON, such
 * as the HTML page of a proxy. That a response has arrived tells this from a failure before the request was sent.
 */
export async function unlessUnreadable<Body>(request: PromiseLike<Body>): Promise<Body> {
  try {
    return await request;
  } catch (error) {
    const isUnreadable =
      isError(error) && error.name === "TypeError" && (await responseTo(request))?.ok === true;
    throw isUnreadable ? unreadable(error) : error;
  }
}

/** Returns whether the server responded with events, or the client does not say. */
export async function isEventStream(request: PromiseLike<unknown>): Promise<boolean> {
  const type = (await responseTo(request))?.headers?.get("content-type");
  return type === undefined || type === null || type.includes("event-stream");
}

/** Resolves with the HTTP response to a request of the `openai` package, if one has arrived. */
async function responseTo(request: object): Promise<Partial<Response> | undefined> {
  if (!("asResponse" in request) || typeof request.asResponse !== "function") return undefined;
  const { asResponse } = request as { asResponse: () => Promise<Partial<Response> | undefined> };
  return asResponse.call(request).catch(() => undefined);
}
