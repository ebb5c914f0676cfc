import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { S3ConnectionOptions } from "./options.ts";

/** A request that the service received. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServiceResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface ScriptedService extends AsyncDisposable {
  readonly options: S3ConnectionOptions;
  readonly requests: ServiceRequest[];
}

/** Starts a service with scripted responses, for responses that no available server gives. */
export async function scriptedService(
  script: (request: ServiceRequest) => ServiceResponse | Promise<ServiceResponse>,
): Promise<ScriptedService> {
  const requests: ServiceRequest[] = [];
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://service");
    const request: ServiceRequest = {
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
  const server = createServer((incoming, outgoing) => void respond(incoming, outgoing));
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

export function errorResponse(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): ServiceResponse {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  return { status, headers: { ...headers, "content-type": "application/xml" }, body };
}
