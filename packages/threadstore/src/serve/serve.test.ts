// The command in a process of its own, over HTTP.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const BIN = join(import.meta.dirname, "../../bin/threadstore.js");
const folder = temporaryFolder();

beforeAll(async () => {
  const store = sqliteStore({ path: join(folder(), "threads.db") });
  await store.save("pirate", { messages: [{ role: "user", content: "Ahoy" }] });
  await store.namespace("acme").save("order", { messages: [] });
  await store.close();
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  /** The cookie of the session. */
  readonly cookie: string;
}

/** Starts the command, and opens its page. */
async function start(...options: string[]): Promise<Started> {
  const child = spawn(process.execPath, [BIN, "serve", "sqlite:threads.db", "--json", ...options], {
    cwd: folder(),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, port } = JSON.parse(line.toString()) as { url: string; port: number };
  const opened = await fetch(url, { redirect: "manual" });
  const cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return { child, url, port, cookie, origin: `http://127.0.0.1:${port}` };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request whose path and headers `fetch` would change. Resolves with its status, and the code of a problem. */
async function send(
  { port, cookie }: Started,
  { path = "/api/session", method = "GET", headers = {} }: Sent,
): Promise<{ status: number; code?: string }> {
  const sent = { host: `127.0.0.1:${port}`, cookie, ...headers };
  const request = httpRequest({ host: "127.0.0.1", port, path, method, headers: sent }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = await text(response);
  const isProblem = response.headers["content-type"] === "application/problem+json";
  const { code } = (isProblem ? JSON.parse(body) : {}) as { code?: string };
  return { status: response.statusCode ?? 0, ...(code === undefined ? {} : { code }) };
}

describe("threadstore serve", () => {
  it("serves a viewer to a browser with its token, read-only, until Ctrl+C", async () => {
    const started = await start();
    const { child, url, origin, cookie } = started;
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const opened = await fetch(`${url}&thread=pirate`, { redirect: "manual" });
    expect([opened.status, opened.headers.get("location")]).toEqual([303, "/?thread=pirate"]);
    const setCookie = opened.headers.get("set-cookie") ?? "";
    expect(setCookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/u);
    expect(setCookie).not.toContain(new URL(url).searchParams.get("token"));
    const get = (path: string): Promise<Response> => fetch(origin + path, { headers: { cookie } });
    expect(await (await get("/api/session")).json()).toMatchObject({
      store: "sqlite:threads.db",
      write: false,
      history: false,
    });
    const response = await get("/api/threads/pirate/conversation");
    expect(await response.json()).toMatchObject({ entries: [{ text: "Ahoy" }] });
    const headers = { cookie, "if-match": response.headers.get("etag") ?? "" };
    const removed = await fetch(`${origin}/api/threads/pirate`, { method: "DELETE", headers });
    expect(await removed.json()).toMatchObject({ status: 403, code: "READ_ONLY" });
    const stderr = text(child.stderr as NonNullable<ChildProcess["stderr"]>);
    child.kill("SIGINT");
    expect([await once(child, "close"), await stderr]).toEqual([[0, null], ""]);
  });

  it("changes threads with --write, in the namespace of --namespace", async () => {
    const { origin, cookie } = await start("--write", "--namespace", "acme");
    const loaded = await fetch(`${origin}/api/threads/order`, { headers: { cookie } });
    const headers = {
      cookie,
      origin,
      "if-match": loaded.headers.get("etag") ?? "",
      "content-type": "application/json",
    };
    const body = JSON.stringify({ title: "Order" });
    const renamed = await fetch(`${origin}/api/threads/order`, { method: "PATCH", headers, body });
    expect(await renamed.json()).toMatchObject({ title: "Order" });
    expect((await fetch(`${origin}/api/threads/pirate`, { headers: { cookie } })).status).toBe(404);
  });

  it("answers nothing without the cookie, and nothing to a wrong token", async () => {
    const started = await start();
    const { origin, url, cookie } = started;
    for (const path of [
      "/",
      "/api/session",
      "/api/threads/pirate",
      "/assets/x.js",
      "/?token=",
      "/?token=wrong",
    ]) {
      const response = await fetch(origin + path, { redirect: "manual" });
      expect([response.status, response.headers.get("set-cookie")], path).toEqual([401, null]);
      expect(await response.json()).toMatchObject({ code: "UNAUTHORIZED" });
    }
    const other = await start();
    expect((await fetch(other.url.replace(String(other.port), String(started.port)))).status).toBe(401);
    const [name] = cookie.split("=");
    for (const wrong of [`${name}=`, `${name}=wrong`, `x${cookie}`, other.cookie, `a=${cookie}`]) {
      expect((await send({ ...started, cookie: wrong }, {})).status, wrong).toBe(401);
    }
    // A token of the address is not the cookie, and not accepted elsewhere.
    const token = new URL(url).searchParams.get("token") ?? "";
    expect((await send({ ...started, cookie: `${name}=${token}` }, {})).status).toBe(401);
    const path = `/api/session?token=${token}`;
    expect((await send({ ...started, cookie: "" }, { path })).status).toBe(401);
    expect((await send({ ...started, cookie: `a=b; ${cookie} ; c=d` }, {})).status).toBe(200);
  });

  it("rejects other hosts (DNS rebinding), origins and sites", async () => {
    const started = await start("--write");
    const { port } = started;
    const own = `http://127.0.0.1:${port}`;
    for (const [headers, status] of [
      [{ host: `localhost:${port}` }, 200],
      [{ origin: own }, 200],
      [{ "sec-fetch-site": "same-origin" }, 200],
      [{ host: "evil.example" }, 403],
      [{ host: `evil.example:${port}` }, 403],
      [{ host: "127.0.0.1" }, 403],
      [{ host: `127.0.0.1.evil.example:${port}` }, 403],
      [{ host: `LOCALHOST.evil:${port}` }, 403],
      [{ origin: "http://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: `http://localhost:${port}` }, 403],
      [{ origin: `http://127.0.0.1:${port + 1}` }, 403],
      [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, 403],
      [{ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, 403],
      [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }, 403],
    ] as const) {
      expect((await send(started, { headers })).status, JSON.stringify(headers)).toBe(status);
    }
    const change = { path: "/api/namespaces?namespace=acme", method: "DELETE" };
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: `http://127.0.0.1:${port + 1}`, "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ] as Readonly<Record<string, string>>[]) {
      expect((await send(started, { ...change, headers })).status).toBe(403);
    }
  });

  it("answers malformed and huge requests, and goes on", async () => {
    const started = await start();
    for (const path of [
      "/%",
      "/api/threads?cursor=%",
      "/api/threads/%ff/conversation",
      "//evil.example/",
      "/\\evil.example",
      `/api/threads?prefix=${"x".repeat(10_000)}`,
      `/api/threads/${"x".repeat(2000)}`,
      `/api/threads?${"metadata.a=1&".repeat(1000)}`,
      `/${"../".repeat(1000)}etc/passwd`,
    ]) {
      const { status, code } = await send(started, { path });
      expect([400, 404, 500], path).toContain(status);
      // The page need not be built for this test.
      expect(["NOT_FOUND", "REQUEST_INVALID", "INVALID_ARGUMENT", "PAGE_MISSING"], path).toContain(code);
      expect(await send(started, {})).toMatchObject({ status: 200 });
    }
    expect((await send(started, { path: `/?${"x".repeat(17_000)}` })).status).toBe(431);
    expect(await send(started, { path: "*", method: "OPTIONS" })).toMatchObject({ status: 400 });
  });

  it("uses the port of --port, and names another one if it is in use", async () => {
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const failed = await runIn(folder(), ["serve", "sqlite:threads.db", "--no-open", "--port", String(port)]);
    expect([failed.exitCode, failed.stderr]).toEqual([2, expect.stringContaining("`--port`")]);
    const invalid = await runIn(folder(), ["serve", "sqlite:threads.db", "--port", "70000"]);
    expect(invalid.exitCode).toBe(2);
  });

  it("checks threads for the provider of --provider, and names the providers if it is unknown", async () => {
    const store = sqliteStore({ path: join(folder(), "threads.db") });
    const call = { id: "c1", type: "function", function: { name: "x", arguments: "{}" } };
    const messages = [
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "" },
    ];
    await store.save("calls", {
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "A",
      messages,
    });
    await store.close();
    const findings = async (...options: string[]): Promise<unknown> => {
      const { origin, cookie } = await start(...options);
      const response = await fetch(`${origin}/api/threads/calls/conversation`, { headers: { cookie } });
      return ((await response.json()) as { findings: unknown }).findings;
    };
    expect(await findings()).toEqual([]);
    expect(await findings("--provider", "mistral")).toMatchObject([{ code: "call-id-invalid" }]);
    const unknown = await runIn(folder(), [
      "serve",
      "sqlite:threads.db",
      "--no-open",
      "--provider",
      "nobody",
    ]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('"mistral"')]);
  });

  it("prints the address for people, and opens no store that does not exist", async () => {
    const signal = AbortSignal.timeout(200);
    const { exitCode, stdout } = await runIn(folder(), ["serve", "sqlite:threads.db", "--no-open"], {
      signal,
    });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^sqlite:threads\.db {2}http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\nRead-only\. .*\n$/u,
      ),
    ]);
    expect((await runIn(folder(), ["serve", "sqlite:missing.db", "--no-open"])).exitCode).toBe(2);
  });
});
