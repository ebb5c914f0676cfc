/** A response that is not a success. `message` can be shown. */
export class ServerProblem extends Error {
  constructor({ status, code, title }) {
    super(title);
    this.status = status;
    this.code = code;
  }
}

/** The server did not answer, or the connection broke. */
export class Disconnected extends Error {}

const pathOf = (id, rest = "") => `/conversations/${encodeURIComponent(id)}${rest}`;

export async function listConversations(cursor) {
  const query = cursor === undefined ? "" : `?${new URLSearchParams({ cursor })}`;
  return (await request(`/conversations${query}`)).json();
}

/** Resolves with the conversation and its entity tag, or with `undefined` if it has not changed. */
export async function loadConversation(id, etag) {
  const response = await request(pathOf(id), { headers: etag === "" ? {} : { "if-none-match": etag } });
  if (response.status === 304) return undefined;
  return { ...(await response.json()), etag: response.headers.get("etag") ?? "" };
}

export const renameConversation = (id, title) => request(pathOf(id), json("PATCH", { title }));
export const deleteConversation = (id) => request(pathOf(id), { method: "DELETE" });
export const stopAnswer = (id) => request(pathOf(id, "/stop"), { method: "POST" });

/**
 * Sends a message and yields the events of its turn. Throws `Disconnected` if the last event did not arrive: the same
 * message can then be sent again, because the server starts one turn for a key.
 */
export async function* sendMessage(id, message) {
  const response = await request(pathOf(id, "/messages"), json("POST", message));
  let isDone = false;
  try {
    for await (const event of linesOf(response)) {
      isDone = event.type === "done" || event.type === "problem";
      yield event;
    }
  } catch (cause) {
    throw new Disconnected("The connection was lost.", { cause });
  }
  if (!isDone) throw new Disconnected("The connection was lost.");
}

function json(method, body) {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function request(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    throw new Disconnected("The server cannot be reached.", { cause });
  }
  if (response.ok || response.status === 304) return response;
  const unknown = { status: response.status, title: "Something went wrong. Try again." };
  throw new ServerProblem(await response.json().catch(() => unknown));
}

/** Yields the values of a response with one JSON document a line, as they arrive. */
async function* linesOf(response) {
  let rest = "";
  // Not `for await`: many versions of Safari cannot iterate over a stream.
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const lines = (rest + chunk.value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}
