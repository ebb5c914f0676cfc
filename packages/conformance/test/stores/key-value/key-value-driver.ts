import {
  compareUtf8,
  DriverError,
  type HttpFailure,
  httpFailureOf,
  namespacesOnPage,
  patchesByRewriting,
  type AsyncThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import type { KeyValueClient, KeyValueResponse } from "./key-value-client.ts";
import type { Listing } from "./key-value-server.ts";

/** A response that does not answer the request. It is the cause of a `DriverError`. */
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

/** Creates a driver over HTTP with entity tags, as the author of an adapter would write it. */
export function keyValueDriver(client: KeyValueClient, location: string): AsyncThreadDriver {
  const read: AsyncThreadDriver["read"] = async (key, _cached, { signal }) => {
    const response = await client.send("GET", pathOf(location, key), { signal });
    if (isMissing(response)) return undefined;
    return { version: expectTag(response).etag, bytes: response.body };
  };
  const write: AsyncThreadDriver["write"] = async (key, { bytes, updatedAt }, expected, { signal }) => {
    const condition = expected === undefined ? { "if-none-match": "*" } : { "if-match": `"${expected}"` };
    const headers: Record<string, string> = { ...condition, "x-updated-at": String(updatedAt) };
    const response = await client.send("PUT", pathOf(location, key), { headers, body: bytes, signal });
    return response.status === 412 ? undefined : expectTag(response).etag;
  };
  return {
    contract: 2,
    name: "key-value",
    read,
    write,
    ...patchesByRewriting({ read, write }),
    async delete(key, expected, { signal }) {
      const headers = { "if-match": `"${expected}"` };
      const response = await client.send("DELETE", pathOf(location, key), { headers, signal });
      if (response.status === 412 || isMissing(response)) return false;
      return expectTag(response).status === 200;
    },
    async list(namespace, { after = "", limit, order, prefix }, { signal }) {
      const query = { after, limit: String(limit), order, prefix: Buffer.from(prefix).toString("hex") };
      const path = `/${location}/${folderNameOf(namespace)}?${new URLSearchParams(query).toString()}`;
      const { body } = expectSuccess(await client.send("GET", path, { signal }));
      const { entries, next } = JSON.parse(body.toString()) as Listing;
      const records = entries.map(({ name, etag, tail }) => ({
        id: Buffer.from(name, "hex").toString(),
        version: etag.replaceAll('"', ""),
        tail: Buffer.from(tail, "base64"),
      }));
      return { records, next };
    },
    async listNamespaces(request, { signal }) {
      const { body } = expectSuccess(await client.send("GET", `/${location}`, { signal }));
      const paths = JSON.parse(body.toString()) as string[];
      const names = paths.map((path) => namespaceOf(path.split("/")[1] ?? ""));
      return namespacesOnPage(new Set(names), request, compareUtf8);
    },
    close: async () => client.close(),
  };
}

export function pathOf(location: string, { namespace, id }: ThreadKey): string {
  return `/${location}/${folderNameOf(namespace)}/${Buffer.from(id).toString("hex")}`;
}

/** Prefixes a letter, because the default namespace is empty and a folder's name must not be. */
function folderNameOf(namespace: string): string {
  return `n${Buffer.from(namespace).toString("hex")}`;
}

function namespaceOf(folderName: string): string {
  return Buffer.from(folderName.slice(1), "hex").toString();
}

function responseError({ status, retryAfterMs }: KeyValueResponse): DriverError {
  const { code, effect } = failureOf(status);
  const cause = new UnexpectedResponseError(status);
  return new DriverError(code, `The server responded with status ${status}.`, {
    effect,
    retryAfterMs,
    cause,
  });
}

function failureOf(status: number): HttpFailure {
  if (status === 404) return { code: "MISCONFIGURED", effect: "none" };
  return httpFailureOf(status) ?? { code: "BACKEND_ERROR", effect: "none" };
}

function expectSuccess(response: KeyValueResponse): KeyValueResponse {
  if (response.status !== 200) throw responseError(response);
  return response;
}

/** Returns whether the entry does not exist. If its location does not exist, the response has a body. */
function isMissing({ status, body }: KeyValueResponse): boolean {
  return status === 404 && body.length === 0;
}

/** Requires an entity tag. Without one, the response comes from something other than the server. */
function expectTag(response: KeyValueResponse): KeyValueResponse {
  if (expectSuccess(response).etag === "") throw responseError(response);
  return response;
}
