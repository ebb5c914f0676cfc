import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { Settings } from "./options.ts";
import { requestError, responseError, statusError, ThreadApiError } from "./thread-api-error.ts";

/** A request to the thread API. It can be repeated: the server recognizes a repeated append by its key. */
export interface ThreadRequest {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST";
  /** The rest of the address after that of the list, such as `/ID`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A successful response. */
export interface ThreadResponse {
  /** Empty if the response has no body. */
  readonly body: JsonObject;
  readonly etag: string | undefined;
}

const MAX_ATTEMPTS = 3;
const INITIAL_DELAY_MS = 250;

/** Sends a request, and repeats it if the server was busy or could not be reached. Rejects with a {@link ThreadApiError}. */
export async function send(settings: Settings, request: ThreadRequest): Promise<ThreadResponse> {
  for (let attempt = 1; ; attempt++) {
    const { response, error } = await sendOnce(settings, request);
    if (response !== undefined) return response;
    const isRepeated = ThreadApiError.is(error, "BUSY") || ThreadApiError.is(error, "UNREACHABLE");
    if (!isRepeated || attempt === MAX_ATTEMPTS) throw error;
    await wait(INITIAL_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2));
  }
}

interface Outcome {
  readonly response?: ThreadResponse;
  readonly error?: unknown;
}

async function sendOnce(settings: Settings, request: ThreadRequest): Promise<Outcome> {
  try {
    const headers = { accept: "application/json", ...(await settings.headers()), ...request.headers };
    return { response: await readResponse(await fetchResponse(settings, request, headers)) };
  } catch (error) {
    return { error };
  }
}

async function fetchResponse(
  { url, fetch, timeoutMs }: Settings,
  { method, path, body }: ThreadRequest,
  headers: Record<string, string>,
): Promise<Response> {
  const hasBody = body !== undefined;
  try {
    return await fetch(`${url}${path}`, {
      method,
      headers: hasBody ? { ...headers, "content-type": "application/json" } : headers,
      ...(hasBody ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw requestError("UNREACHABLE", { cause: error });
  }
}

async function readResponse(response: Response): Promise<ThreadResponse> {
  const { status, ok, headers } = response;
  const body = status === 204 ? {} : parse(await readText(response));
  if (!ok) {
    const problem = isJsonObject(body) ? body["code"] : undefined;
    throw statusError(status, typeof problem === "string" ? problem : undefined);
  }
  // Such as the HTML of a page to sign in, to which the server redirected the request.
  if (!isJsonObject(body)) throw responseError("$");
  return { body, etag: headers.get("etag") ?? undefined };
}

async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw requestError("UNREACHABLE", { status: response.status, cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wait(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/** Returns the path of a thread. */
export function threadPath(id: string): string {
  return `/${encodeURIComponent(id)}`;
}
