/** A failure that the API reports as problem details, or a failure to reach it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly title: string;

  constructor(status: number, code: string, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
  }

  get isTemporary(): boolean {
    return this.status === 0 || this.status === 503;
  }

  get isConflict(): boolean {
    return this.status === 412;
  }
}

interface Call {
  readonly method?: "DELETE" | "GET" | "PATCH" | "POST";
  readonly namespace: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** The version that a change requires. */
  readonly version?: string;
  readonly signal?: AbortSignal;
}

/** The path of a thread in the API. Throws an {@link ApiError} for an id that no path can contain. */
export function threadPath(id: string, operation?: string): string {
  if (id === "." || id === "..") {
    const detail = "Browsers remove this id from addresses. Use `threadstore show` in a terminal.";
    throw new ApiError(400, "ID_NOT_ADDRESSABLE", "The page cannot address this thread", detail);
  }
  const path = `threads/${encodeURIComponent(id)}`;
  return operation === undefined ? path : `${path}/${operation}`;
}

/** Calls the API. Rejects with an {@link ApiError}. */
export async function callApi(path: string, call: Call): Promise<Response> {
  const { method = "GET", namespace, query = {}, body, version, signal } = call;
  const parameters = new URLSearchParams({ namespace });
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.append(name, value);
  const response = await send(`./api/${path}?${parameters.toString()}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(version === undefined ? {} : { "if-match": `"${version}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  throw await problemOf(response);
}

/** Calls the API and reads its JSON. */
export async function callJson<T>(path: string, call: Call): Promise<T> {
  const response = await callApi(path, call);
  return (await response.json()) as T;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    const detail = "The server does not answer. Check that `threadstore serve` is running, and load again.";
    throw new ApiError(0, "UNREACHABLE", "The server is not reachable", detail);
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = await readProblem(response);
  return new ApiError(
    response.status,
    text(problem["code"], response.status === 401 ? "UNAUTHORIZED" : "UNEXPECTED"),
    text(problem["title"], "The request failed"),
    text(problem["detail"], `The server answered with status ${response.status}.`),
  );
}

function text(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

async function readProblem(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    const problem: unknown = await response.json();
    return typeof problem === "object" && problem !== null ? (problem as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
