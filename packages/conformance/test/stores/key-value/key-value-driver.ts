import type { FailureExplanation, ThreadDriver, ThreadKey } from "@threadstore/core";
import type { Answer, KeyValueClient } from "./key-value-client.ts";
import type { Listing } from "./key-value-server.ts";

/** A status other than those that say how a request went. */
export class UnexpectedStatusError extends Error {
  override readonly name = "UnexpectedStatusError";
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`The server answered ${answer.status}.`);
    this.answer = answer;
  }
}

/** A driver as an adapter's author would write it, over HTTP with entity tags. */
export function keyValueDriver(client: KeyValueClient, place: string): ThreadDriver {
  return {
    contract: 1,
    name: "key-value",
    async read(key, _known, { signal }) {
      const answer = await client.send("GET", pathOf(place, key), { signal });
      if (isNothing(answer)) return undefined;
      return { version: tagged(answer).etag, bytes: answer.body };
    },
    async write(key, { bytes }, previous, { signal }) {
      const headers: Record<string, string> =
        previous === undefined ? { "if-none-match": "*" } : { "if-match": `"${previous}"` };
      const answer = await client.send("PUT", pathOf(place, key), { headers, body: bytes, signal });
      return answer.status === 412 ? undefined : tagged(answer).etag;
    },
    async delete(key, previous, { signal }) {
      const headers = { "if-match": `"${previous}"` };
      const answer = await client.send("DELETE", pathOf(place, key), { headers, signal });
      if (answer.status === 412 || isNothing(answer)) return false;
      return tagged(answer).status === 200;
    },
    async list(namespace, { after = "", limit }, { signal }) {
      const path = `/${place}/${hex(namespace)}?after=${after}&limit=${limit}`;
      const { body } = expected(await client.send("GET", path, { signal }));
      const { entries, more } = JSON.parse(body.toString()) as Listing;
      const records = entries.map(({ name, etag, tail }) => ({
        id: Buffer.from(name, "hex").toString(),
        version: etag.replaceAll('"', ""),
        tail: Buffer.from(tail, "base64"),
      }));
      return { records, next: more ? entries.at(-1)?.name : undefined };
    },
    explain: explainFailure,
    close: async () => client.close(),
  };
}

export function pathOf(place: string, { namespace, id }: ThreadKey): string {
  return `/${place}/${hex(namespace)}/${Buffer.from(id).toString("hex")}`;
}

/** In front of it a letter, since a folder has a name. */
function hex(namespace: string): string {
  return `n${Buffer.from(namespace).toString("hex")}`;
}

/** Whether an answer, or the connection to one, was lost. */
export function isLost(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(String(codeOf(error)));
}

export function explainFailure(error: unknown): FailureExplanation | undefined {
  const message = "The server cannot be reached.";
  if (codeOf(error) === "ECONNREFUSED") return { code: "UNAVAILABLE", message, applied: "no" };
  if (isLost(error)) return { code: "UNAVAILABLE", message, applied: "unknown" };
  return error instanceof UnexpectedStatusError ? explainAnswer(error.answer) : undefined;
}

/** A server that fails may have done what it was asked before; one that refuses has not. */
function explainAnswer({ status, retryAfterMs }: Answer): FailureExplanation {
  const message = `The server answered ${status}.`;
  if (status === 401 || status === 403) return { code: "ACCESS_DENIED", message, applied: "no" };
  if (status === 429) return { code: "UNAVAILABLE", message, applied: "no", retryAfterMs };
  if (status === 404) return { code: "MISCONFIGURED", message, applied: "no" };
  if (status === 507) return { code: "STORAGE_FULL", message, applied: "no" };
  if (status >= 500) return { code: "UNAVAILABLE", message, applied: "unknown", retryAfterMs };
  return { code: "BACKEND_ERROR", message, applied: "no" };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function expected(answer: Answer): Answer {
  if (answer.status !== 200) throw new UnexpectedStatusError(answer);
  return answer;
}

/** Of a place that is not there, the server says so. */
function isNothing({ status, body }: Answer): boolean {
  return status === 404 && body.length === 0;
}

/** Whatever answers otherwise is not the server. */
function tagged(answer: Answer): Answer {
  if (expected(answer).etag === "") throw new UnexpectedStatusError(answer);
  return answer;
}
