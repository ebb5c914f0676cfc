import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { TRAILER_MAX_BYTES } from "@threadstore/core/driver";
import type { Endpoint } from "../../../src/suite/harness.ts";

interface Entry {
  readonly etag: string;
  readonly bytes: Buffer;
}

/** A folder's page, as the server lists it. */
export interface Listing {
  readonly entries: { readonly name: string; readonly etag: string; readonly tail: string }[];
  readonly more: boolean;
}

/**
 * A server of bytes by /place/folder/name, with entity tags that never repeat: PUT and DELETE under If-Match or
 * If-None-Match, GET, and GET of a folder, that lists it. Does not keep the process alive.
 */
export async function startKeyValueServer(): Promise<Endpoint> {
  const folders = new Map<string, Map<string, Entry>>();
  const server = createServer((request, response) => {
    buffer(request).then(
      (body) => answer(folders, request, body, response),
      // Who sent half a request has gone.
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** The only place that is not made when it is first used. */
export const MISSING_PLACE = "missing";

let lastTag = 0;

function answer(
  folders: Map<string, Map<string, Entry>>,
  { method = "", url = "", headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const [, place = "", folder, name] = pathname.split("/");
  if (place === MISSING_PLACE) return respond(response, 404, "There is no such place.");
  const path = `${place}/${folder}`;
  const files = folders.get(path) ?? new Map<string, Entry>();
  if (folder === undefined) return respond(response, 200, JSON.stringify(placeOf(folders, place, method)));
  if (name === undefined) return respond(response, 200, JSON.stringify(listing(files, searchParams)));
  const entry = files.get(name);
  if (!isAllowed(headers, entry)) return respond(response, 412);
  if (method === "PUT") {
    lastTag += 1;
    files.set(name, { etag: `"v${lastTag}"`, bytes: body });
    folders.set(path, files);
    response.setHeader("etag", `"v${lastTag}"`);
    return respond(response, 200);
  }
  if (entry === undefined) return respond(response, 404);
  if (method === "DELETE") files.delete(name);
  response.setHeader("etag", entry.etag);
  return respond(response, 200, method === "GET" ? entry.bytes : undefined);
}

/** The names of all that a place holds; a DELETE removes it. */
function placeOf(folders: Map<string, Map<string, Entry>>, place: string, method: string): string[] {
  const own = [...folders].filter(([path]) => path.startsWith(`${place}/`));
  if (method === "DELETE") for (const [path] of own) folders.delete(path);
  return own.flatMap(([path, files]) => [...files.keys()].map((name) => `${path}/${name}`));
}

function listing(files: Map<string, Entry>, query: URLSearchParams): Listing {
  const after = query.get("after") ?? "";
  const limit = Number(query.get("limit"));
  const names = [...files.keys()].filter((name) => name > after).toSorted();
  const entries = names.slice(0, limit).flatMap((name) => {
    const { etag, bytes } = files.get(name) ?? { etag: "", bytes: Buffer.alloc(0) };
    return [{ name, etag, tail: bytes.subarray(-TRAILER_MAX_BYTES).toString("base64") }];
  });
  return { entries, more: names.length > limit };
}

function isAllowed(headers: IncomingMessage["headers"], entry: Entry | undefined): boolean {
  if (headers["if-none-match"] === "*" && entry !== undefined) return false;
  return headers["if-match"] === undefined || headers["if-match"] === entry?.etag;
}

function respond(response: ServerResponse, status: number, body?: string | Buffer): void {
  response.writeHead(status).end(body);
}
