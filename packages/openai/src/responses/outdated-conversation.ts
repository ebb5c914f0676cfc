import { AgentError } from "@threadstore/agent";
import type { OpenAI } from "openai";
import { toModelError } from "../model-error.ts";
import type { ResponseItem } from "./response-item.ts";

/** Then the rejection is reported: the caller must not wait for a service that does not have this method. */
const TIMEOUT_MS = 10_000;

/** The statuses of rejections that can be about an item of the conversation. */
const CONTENT_STATUSES: ReadonlySet<number | undefined> = new Set([undefined, 400, 403, 413, 422]);

/**
 * Resolves with whether the service rejected a request to a conversation that does not end with an item of the thread:
 * a run whose process died, or that lost its response, has added to it. Then the reason can be an item that the thread
 * does not contain.
 */
export async function hasUnknownItems(
  client: OpenAI,
  { error, state, history, signal }: RejectedRequest,
): Promise<boolean> {
  if (!isAboutContent(error)) return false;
  const ids = new Set(history.flatMap((item) => ("id" in item && item.id ? [item.id] : [])));
  if (ids.size === 0) return false;
  try {
    const query = { order: "desc", limit: 1 } as const;
    const page = await client.conversations.items.list(state.conversation, query, {
      signal,
      maxRetries: 0,
      timeout: TIMEOUT_MS,
    });
    const [last] = page.data as readonly { readonly id?: unknown }[];
    return typeof last?.id === "string" && !ids.has(last.id);
  } catch {
    signal.throwIfAborted();
    // A client or a service without this method: the rejection is the error to report.
    return false;
  }
}

/** A request to a conversation of the service that it has rejected. */
interface RejectedRequest {
  readonly error: unknown;
  readonly state: { readonly conversation: string };
  /** The items of the thread before those that the model has not responded to. */
  readonly history: readonly ResponseItem[];
  readonly signal: AbortSignal;
}

function isAboutContent(error: unknown): boolean {
  const { code, status } = AgentError.is(error) ? error : toModelError(error);
  return code === "MODEL_REFUSED" && CONTENT_STATUSES.has(status);
}
