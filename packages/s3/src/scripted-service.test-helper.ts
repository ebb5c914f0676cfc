import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3ConnectionOptions } from "./options.ts";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ScriptedService extends AsyncDisposable {
  readonly options: S3ConnectionOptions;
  readonly requests: Request[];
}

/** A service that answers as the script says: for answers that no server here gives. */
export async function scriptedService(
  script: (request: Request) => Answer | Promise<Answer>,
): Promise<ScriptedService> {
  const requests: Request[] = [];
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://service");
    const request: Request = {
      method: incoming.method ?? "",
      path: decodeURIComponent(pathname),
      query: searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    requests.push(request);
    const { status, headers = {}, body = "" } = await script(request);
    outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    outgoing.end(request.method === "HEAD" ? "" : body);
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    options: {
      bucket: "bucket",
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function failure(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  return { status, headers: { ...headers, "content-type": "application/xml" }, body };
}

export interface Habits {
  /** @default "both" */
  readonly quotes?: "both" | "without";
  /** Which conditions are passed over, as if they were not there. */
  readonly ignores?: readonly ("if-match" | "if-none-match" | "if-match on delete" | "if-match on nothing")[];
  /** Which are refused as not implemented. */
  readonly unknown?: readonly ("put" | "delete" | "x-amz-delete-if-unmodified-since")[];
  /** Whether it answers the losers of a race of writes by 409. */
  readonly conflicts?: boolean;
  readonly etags?: boolean;
}

/* oxlint-disable max-lines-per-function -- One service, whose answers share its objects. */
/** A service with the habits of one provider or another, and with AWS's where nothing is said. */
export function serviceWith(habits: Habits): Promise<ScriptedService> {
  const objects = new Map<string, { etag: string; body: Buffer }>();
  const { ignores = [], unknown = [], quotes = "both" } = habits;
  const matches = (tag: string, condition: string): boolean =>
    condition === tag || (quotes === "both" && condition === `"${tag}"`);
  const refused = habits.conflicts
    ? failure(409, "ConditionalRequestConflict")
    : failure(412, "PreconditionFailed");

  const put = ({ path, headers, body }: Request): Answer => {
    const there = objects.get(path);
    const ifMatch = headers["if-match"];
    if (unknown.includes("put")) return failure(501, "NotImplemented");
    if (headers["if-none-match"] === "*" && there !== undefined && !ignores.includes("if-none-match"))
      return refused;
    if (ifMatch !== undefined && !ignores.includes("if-match")) {
      if (there === undefined && !ignores.includes("if-match on nothing")) return failure(404, "NoSuchKey");
      if (there !== undefined && !matches(there.etag, ifMatch)) return refused;
    }
    const etag = createHash("md5").update(body).digest("hex");
    objects.set(path, { etag, body });
    return { status: 200, headers: habits.etags === false ? {} : { etag: `"${etag}"` } };
  };

  const remove = ({ path, headers }: Request): Answer => {
    const there = objects.get(path);
    const ifMatch = headers["if-match"];
    if (unknown.includes("delete") && ifMatch !== undefined) return failure(501, "NotImplemented");
    if (
      unknown.includes("x-amz-delete-if-unmodified-since") &&
      "x-amz-delete-if-unmodified-since" in headers
    ) {
      return failure(501, "NotImplemented");
    }
    if (ifMatch !== undefined && !ignores.includes("if-match on delete")) {
      if (there === undefined) return failure(404, "NoSuchKey");
      if (!matches(there.etag, ifMatch)) return failure(412, "PreconditionFailed");
    }
    objects.delete(path);
    return { status: 204 };
  };

  const get = ({ path }: Request): Answer => {
    const there = objects.get(path);
    if (there === undefined) return failure(404, "NoSuchKey");
    return { status: 200, headers: { etag: `"${there.etag}"` }, body: there.body };
  };
  return scriptedService((request) => {
    if (request.method === "PUT") return put(request);
    return request.method === "DELETE" ? remove(request) : get(request);
  });
}
