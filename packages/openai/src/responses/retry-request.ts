import { AgentError } from "@threadstore/agent";
import type { OpenAI } from "openai";
import { toModelError } from "../model-error.ts";

// The client repeats a request whose response was lost. If the request adds to a conversation of the service, the service
// may have done so already, and the conversation would contain the question twice. Therefore, requests to a conversation
// are repeated here, as often and after the same time: a conversation that may contain the request is not used again.

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8000;
/** Services can ask for longer delays, which are not worth waiting for. */
const MAX_REQUESTED_DELAY_MS = 60_000;

/** Returns how many milliseconds to wait before a request is repeated, or `undefined` if it must not be. */
export function retryDelay(
  client: Pick<OpenAI, "maxRetries">,
  error: unknown,
  retries: number,
): number | undefined {
  if (AgentError.is(error) || retries >= client.maxRetries) return undefined;
  const headers = headersOf(error);
  if (headers?.get("x-should-retry") === "false" || toModelError(error).code !== "MODEL_UNAVAILABLE")
    return undefined;
  const requested = requestedDelay(headers);
  if (requested !== undefined && requested <= MAX_REQUESTED_DELAY_MS) return requested;
  // Clients that failed together do not return together.
  return Math.min(FIRST_DELAY_MS * 2 ** retries, MAX_DELAY_MS) * (1 - Math.random() / 4);
}

/** Resolves after this time. Rejects with the signal's reason if it aborts. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", stop, { once: true });
  });
}

function headersOf(error: unknown): Headers | undefined {
  const { headers } = (error ?? {}) as { readonly headers?: unknown };
  const isHeaders = typeof headers === "object" && headers !== null && "get" in headers;
  return isHeaders ? (headers as Headers) : undefined;
}

function requestedDelay(headers: Headers | undefined): number | undefined {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
  return [milliseconds, seconds * 1000].find((delay) => delay >= 0);
}
