import { once } from "node:events";
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { httpRequest } from "./proxied-request.ts";

/** Starts a server that stores files by path and records every complete request. */
async function startFileServer(): Promise<{ server: Server; files: Map<string, string>; done: string[] }> {
  const files = new Map<string, string>();
  const done: string[] = [];
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "", url = "" } = incoming;
    const body = await text(incoming);
    done.push(`${method} ${url}`);
    if (method === "PUT") {
      files.set(url, body);
      outgoing.writeHead(201).end(`stored ${body.length}`);
    } else {
      const file = files.get(url);
      outgoing.writeHead(file === undefined ? 404 : 200, { "content-length": file?.length ?? 0 }).end(file);
    }
  };
  const server = createServer((incoming, outgoing) => {
    // A truncated request is ignored.
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, files, done };
}

let backend: Awaited<ReturnType<typeof startFileServer>>;
let proxy: FaultProxy;
let agent: Agent;

beforeEach(async () => {
  backend = await startFileServer();
  proxy = await startFaultProxy({
    target: { host: "127.0.0.1", port: (backend.server.address() as AddressInfo).port },
    random: () => 0.5,
  });
  // One connection for all requests, so that the proxy has to distinguish them.
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(async () => {
  agent.destroy();
  await proxy.close();
  backend.server.close();
  backend.server.closeAllConnections();
});

interface Call {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function call(method: string, path: string, options: Call = {}): Promise<Reply> {
  const { body, headers, ...more } = options;
  const outgoing = request({ host: "127.0.0.1", port: proxy.port, agent, method, path, headers, ...more });
  if (headers?.["expect"] === undefined) outgoing.end(body);
  else outgoing.on("continue", () => outgoing.end(body)).flushHeaders();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: incoming.statusCode, headers: incoming.headers, body: await text(incoming) };
}

const put = (path: string, body: string, options: Call = {}) => call("PUT", path, { body, ...options });
const get = (path: string, options: Call = {}) => call("GET", path, options);

describe("without a fault", () => {
  it("passes on and counts many requests on one connection", async () => {
    await put("/a", "one");
    expect(await get("/a")).toMatchObject({ status: 200, body: "one" });
    expect(await call("HEAD", "/a")).toMatchObject({ status: 200, body: "" });
    expect(await get("/none")).toMatchObject({ status: 404 });
    expect(await put("/a", "two", { headers: { "transfer-encoding": "chunked" } })).toMatchObject({
      status: 201,
    });
    expect(proxy).toMatchObject({ connections: 1, openConnections: 1 });
    expect(proxy.bytesUp).toBeGreaterThan("PUT /a HTTP/1.1".length * 5);
    expect(proxy.bytesDown).toBeGreaterThan("HTTP/1.1 200 OK".length * 5);
  });

  it("passes on large bodies unchanged in both directions", async () => {
    const body = "0123456789abcdef".repeat(2 ** 17);
    await put("/large", body);
    expect((await get("/large")).body === body).toBe(true);
  });

  it("supports a client that expects 100 Continue before it sends the body", async () => {
    expect(await put("/a", "one", { headers: { expect: "100-continue" } })).toMatchObject({ status: 201 });
    expect(await get("/a")).toMatchObject({ body: "one" });
  });

  it("resets the client if the server is unreachable", async () => {
    backend.server.close();
    await expect(get("/a")).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a server that ends each connection after its response", () => {
  beforeEach(() => {
    backend.server.prependListener("request", (_, outgoing) => outgoing.setHeader("connection", "close"));
  });

  it("gets one request per connection, and the client the response and the end", async () => {
    for (const n of [1, 2, 3]) {
      expect(await put("/a", `${n}`)).toMatchObject({ status: 201 });
      expect(await get("/a")).toMatchObject({ status: 200, body: `${n}` });
    }
    expect(proxy.connections).toBe(6);
  });

  it.each([
    { type: "respondHttp", status: 503 },
    { type: "respondHttp", status: 504, insteadOf: "response" },
    { type: "discardResponse" },
    { type: "cutResponse", afterBytes: 20, orderly: true },
    { type: "cutRequest" },
  ] as const)("can be used after the fault $type", async (fault) => {
    const armed = proxy.arm(fault);
    await put("/a", "lost").catch(() => undefined);
    expect(armed.strikes).toBe(1);
    for (const n of [1, 2]) {
      expect(await put("/a", `${n}`)).toMatchObject({ status: 201 });
      expect(await get("/a")).toMatchObject({ status: 200, body: `${n}` });
    }
  });
});

describe("triggers", () => {
  it("strikes as many matching requests as requested, from the nth on", async () => {
    const when = httpRequest({ method: "PUT", path: "/a" });
    const armed = proxy.arm({ type: "respondHttp", status: 503, when, nth: 2, times: 2 });
    const statuses = [];
    for (const path of ["/a", "/b", "/a", "/a?query", "/a"]) statuses.push((await put(path, "x")).status);
    expect(statuses).toEqual([201, 201, 503, 503, 201]);
    expect(armed.strikes).toBe(2);
    expect(await armed.struck).toMatchObject({ connection: 1, http: { method: "PUT", target: "/a" } });
  });

  it("strikes with the fault armed last, and never with a disarmed one", async () => {
    proxy.arm({ type: "respondHttp", status: 500, times: Number.POSITIVE_INFINITY });
    const later = proxy.arm({
      type: "respondHttp",
      status: 503,
      when: httpRequest({ path: /a$/u }),
      times: 9,
    });
    expect([(await get("/a")).status, (await get("/b")).status]).toEqual([503, 500]);
    later.disarm();
    expect((await get("/a")).status).toBe(500);
  });
});

describe("faults of a request", () => {
  it("delay: the request arrives late", async () => {
    proxy.arm({ type: "delay", milliseconds: 100, jitter: 100 });
    const started = performance.now();
    expect(await put("/a", "one")).toMatchObject({ status: 201 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
  });

  it("cutRequest: the server never gets the whole request", async () => {
    for (const afterBytes of [0, 30, 1_000_000]) {
      const armed = proxy.arm({ type: "cutRequest", afterBytes });
      await expect(put("/a", "one")).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(armed.strikes).toBe(1);
    }
    expect(await get("/a")).toMatchObject({ status: 404 });
    expect(backend.done).toEqual(["GET /a"]);
  });

  it("blackHole: nothing arrives and nothing is closed", async () => {
    const armed = proxy.arm({ type: "blackHole", when: httpRequest({ method: "PUT" }) });
    await expect(put("/a", "one", { signal: AbortSignal.timeout(100) })).rejects.toThrow("aborted");
    expect(armed.strikes).toBe(1);
    expect(backend.done).toEqual([]);
    expect(await put("/a", "two")).toMatchObject({ status: 201 });
  });
});

describe("faults of a response", () => {
  it("discardResponse: the server processes the request, and the client gets a reset", async () => {
    const armed = proxy.arm({ type: "discardResponse", when: httpRequest({ method: "PUT" }) });
    await expect(put("/a", "one")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(armed.strikes).toBe(1);
    expect(await get("/a")).toMatchObject({ body: "one" });
  });

  it.each([false, true])("cutResponse: the client gets the first bytes (orderly: %s)", async (orderly) => {
    await put("/a", "0123456789");
    const whole = proxy.bytesDown;
    await get("/a");
    const length = proxy.bytesDown - whole;
    proxy.arm({ type: "cutResponse", afterBytes: length - 6, orderly });
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, agent, path: "/a" }).end();
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    // Node.js reports the reset on both the request and the response.
    outgoing.on("error", () => undefined);
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const bytes of incoming) pieces.push(String(bytes));
    })();
    await expect(reading).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(pieces.join("")).toBe("0123");
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  it("holdResponse: another client can write meanwhile", async () => {
    const armed = proxy.arm({ type: "holdResponse", when: httpRequest({ method: "PUT" }) });
    const held = put("/a", "mine");
    await armed.struck;
    const other = new Agent();
    expect(await get("/a", { agent: other })).toMatchObject({ body: "mine" });
    expect(await put("/a", "theirs", { agent: other })).toMatchObject({ status: 201 });
    armed.release();
    expect(await held).toMatchObject({ status: 201, body: "stored 4" });
    expect(await get("/a")).toMatchObject({ body: "theirs" });
  });

  it("holdResponse and cut: the client gets a reset and nothing of the response", async () => {
    const armed = proxy.arm({ type: "holdResponse" });
    const held = put("/a", "mine");
    await armed.struck;
    armed.cut();
    await expect(held).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(backend.done).toEqual(["PUT /a"]);
  });

  it("slow: the response trickles", async () => {
    await put("/a", "x".repeat(1000));
    proxy.arm({ type: "slow", bytesPerSecond: 5000 });
    const started = performance.now();
    expect((await get("/a")).body).toHaveLength(1000);
    expect(performance.now() - started).toBeGreaterThanOrEqual(200);
  });
});

describe("injected responses", () => {
  it("have a status, headers and a body, and keep the connection open", async () => {
    proxy.arm({
      type: "respondHttp",
      status: 429,
      headers: { "retry-after": "1" },
      body: "slow down",
      when: httpRequest({ method: "PUT" }),
    });
    expect(await put("/a", "one")).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
      body: "slow down",
    });
    expect(await get("/a")).toMatchObject({ status: 404 });
    expect(proxy.connections).toBe(1);
    expect(backend.done).toEqual(["GET /a"]);
  });

  it("can replace the response of a server that has processed the request", async () => {
    proxy.arm({ type: "respondHttp", status: 504, insteadOf: "response", body: "too late" });
    expect(await put("/a", "1".repeat(100_000))).toMatchObject({ status: 504, body: "too late" });
    expect(backend.files.get("/a")?.length).toBe(100_000);
    expect(await get("/a")).toMatchObject({ status: 200, body: "1".repeat(100_000) });
    expect(proxy.connections).toBe(1);
  });

  it("support 100 Continue, and have no body in response to HEAD", async () => {
    proxy.arm({ type: "respondHttp", status: 503, body: "later", times: 2 });
    expect(await put("/a", "one", { headers: { expect: "100-continue" } })).toMatchObject({ status: 503 });
    expect(await call("HEAD", "/a")).toMatchObject({ status: 503, body: "" });
    expect(await get("/a")).toMatchObject({ status: 404 });
    expect(proxy.connections).toBe(1);
  });
});

describe("connections", () => {
  it("can be refused while the open ones continue, and accepted again", async () => {
    await put("/a", "one");
    proxy.refuse();
    await expect(get("/a", { agent: new Agent() })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await get("/a")).toMatchObject({ body: "one" });
    await proxy.accept();
    expect(await get("/a", { agent: new Agent() })).toMatchObject({ body: "one" });
  });

  it("can all be cut", async () => {
    const armed = proxy.arm({ type: "holdResponse" });
    const held = put("/a", "one");
    await armed.struck;
    void proxy.cutAll();
    await expect(held).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await get("/a")).toMatchObject({ body: "one" });
  });

  it("are all closed with the proxy", async () => {
    await put("/a", "one");
    await proxy.close();
    expect(proxy.openConnections).toBe(0);
    await expect(get("/a")).rejects.toMatchObject({ code: /ECONNREFUSED|ECONNRESET/u });
  });
});
