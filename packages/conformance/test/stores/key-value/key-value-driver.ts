import {
  DriverError,
  type HttpFailure,
  httpFailureOf,
  type ThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import type { Answer, KeyValueClient } from "./key-value-client.ts";
import type { Listing } from "./key-value-server.ts";

/** A response that is not an answer to the request. Drivers throw it as the cause of a `DriverError`. */
class UnexpectedResponseError extends Error {
  override readonly name = "UnexpectedResponseError";
  readonly status: number;

  constructor(status: number) {
    super(`Unexpected response with status ${status}.`);
    this.status = status;
  }
}

/** Returns the HTTP status that made a driver's call fail; 0 if the failure was not a response. */
export function failedStatusOf(error: unknown): number {
  return DriverError.is(error) && error.cause instanceof UnexpectedResponseError ? error.cause.status : 0;
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

function responseError({ status, retryAfterMs }: Answer): DriverError {
  const { code, effect } = failureOf(status);
  const cause = new UnexpectedResponseError(status);
  return new DriverError(code, `The server answered with status ${status}.`, { effect, retryAfterMs, cause });
}

function failureOf(status: number): HttpFailure {
  if (status === 404) return { code: "MISCONFIGURED", effect: "none" };
  return httpFailureOf(status) ?? { code: "BACKEND_ERROR", effect: "none" };
}

function expected(answer: Answer): Answer {
  if (answer.status !== 200) throw responseError(answer);
  return answer;
}

/** Of a place that is not there, the server says so. */
function isNothing({ status, body }: Answer): boolean {
  return status === 404 && body.length === 0;
}

/** Whatever answers otherwise is not the server. */
function tagged(answer: Answer): Answer {
  if (expected(answer).etag === "") throw responseError(answer);
  return answer;
}
