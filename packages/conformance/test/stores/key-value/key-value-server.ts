import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { entriesAfter, positionOf, tailOf } from "@threadstore/core/driver";
import type { Endpoint } from "../../../src/suite/harness.ts";

interface Entry {
  readonly etag: string;
  /** When the entry was written, by the clock of its writer. */
  readonly updatedAt: number;
  readonly bytes: Buffer;
}

/** A page of a folder's listing, as the server sends it. */
export interface Listing {
  readonly entries: { readonly name: string; readonly etag: string; readonly tail: string }[];
  readonly next: string | undefined;
}

/**
 * Starts an HTTP server that stores bytes under /location/folder/name. It supports GET, PUT and DELETE with If-Match
 * and If-None-Match, and lists a folder in response to a GET. Entity tags never repeat. The server does not keep the
 * process alive.
 */
export async function startKeyValueServer(): Promise<Endpoint> {
  const folders = new Map<string, Map<string, Entry>>();
  const server = createServer((request, response) => {
    buffer(request).then(
      (body) => respondTo(folders, request, body, response),
      // The client disconnected before the request was complete.
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** The only location that does not exist. Every other location is created on first use. */
export const MISSING_LOCATION = "missing";

let lastTag = 0;

function respondTo(
  folders: Map<string, Map<string, Entry>>,
  { method = "", url = "", headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const [, location = "", folder, name] = pathname.split("/");
  if (location === MISSING_LOCATION) return respond(response, 404, "The location does not exist.");
  const path = `${location}/${folder}`;
  const files = folders.get(path) ?? new Map<string, Entry>();
  if (folder === undefined)
    return respond(response, 200, JSON.stringify(entriesIn(folders, location, method)));
  if (name === undefined) return respond(response, 200, JSON.stringify(listing(files, searchParams)));
  const entry = files.get(name);
  if (!isAllowed(headers, entry)) return respond(response, 412);
  if (method === "PUT") {
    lastTag += 1;
    const updatedAt = Number(headers["x-updated-at"] ?? 0);
    files.set(name, { etag: `"v${lastTag}"`, updatedAt, bytes: body });
    folders.set(path, files);
    response.setHeader("etag", `"v${lastTag}"`);
    return respond(response, 200);
  }
  if (entry === undefined) return respond(response, 404);
  if (method === "DELETE") files.delete(name);
  response.setHeader("etag", entry.etag);
  return respond(response, 200, method === "GET" ? entry.bytes : undefined);
}

/** Returns the names of all entries in a location. A DELETE removes them. */
function entriesIn(folders: Map<string, Map<string, Entry>>, location: string, method: string): string[] {
  const ownFolders = [...folders].filter(([path]) => path.startsWith(`${location}/`));
  if (method === "DELETE") for (const [path] of ownFolders) folders.delete(path);
  return ownFolders.flatMap(([path, files]) => [...files.keys()].map((name) => `${path}/${name}`));
}

function listing(files: Map<string, Entry>, query: URLSearchParams): Listing {
  const order = query.get("order") === "updated" ? "updated" : "id";
  const prefix = query.get("prefix") ?? "";
  const limit = Number(query.get("limit"));
  const named = [...files]
    .filter(([name]) => name.startsWith(prefix))
    .map(([id, entry]) => ({ id, ...entry }));
  const following = entriesAfter(named, { after: query.get("after") || undefined, order });
  const page = following.slice(0, limit);
  const last = following.length > limit ? page.at(-1) : undefined;
  const entries = page.map(({ id, etag, bytes }) => {
    return { name: id, etag, tail: Buffer.from(tailOf(bytes)).toString("base64") };
  });
  return { entries, next: last && positionOf(last, order) };
}

function isAllowed(headers: IncomingMessage["headers"], entry: Entry | undefined): boolean {
  if (headers["if-none-match"] === "*" && entry !== undefined) return false;
  return headers["if-match"] === undefined || headers["if-match"] === entry?.etag;
}

function respond(response: ServerResponse, status: number, body?: string | Buffer): void {
  response.writeHead(status).end(body);
}
