import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { type ChatAgent, createChatAgent } from "@threadstore/openai";
import express from "express";
import { Hono } from "hono";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type LocalModel, startLocalModel } from "../demo/local-model.ts";
import { threadRoutes as expressRoutes } from "./express.ts";
import { threadRoutes as honoRoutes } from "./hono.ts";

interface Init extends RequestInit {
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Send = (path: string, init?: Init) => Promise<Response>;

let model: LocalModel;
let folder: string;
let agent: ChatAgent;

beforeAll(async () => {
  model = await startLocalModel();
  folder = await mkdtemp(join(tmpdir(), "threadstore-guides-"));
  for (const [name, value] of [
    ["OPENAI_BASE_URL", model.url],
    ["OPENAI_API_KEY", "local"],
    ["DATABASE", join(folder, "threads.db")],
  ] as const) {
    vi.stubEnv(name, value);
  }
  agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Assistant" });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await model.stop();
  await rm(folder, { recursive: true });
});

function startHono(store: ThreadStore): Send {
  const app = new Hono<{ Variables: { user: string } }>();
  app.use(async (context, next) => {
    context.set("user", context.req.header("x-session-user") ?? "");
    await next();
  });
  app.route("/", honoRoutes(store, agent));
  return async (path, init) => app.request(path, init);
}

async function startExpress(store: ThreadStore): Promise<Send> {
  const app = express();
  app.use((request, response, next) => {
    response.locals["user"] = request.get("x-session-user");
    next();
  });
  app.use(expressRoutes(store, agent));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (path, init) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);
}

async function startNext(): Promise<Send> {
  const { GET, POST } = await import("./nextjs/app/api/threads/[id]/route.ts");
  const { threads } = await import("./nextjs/lib/threads.ts");
  await threads.namespace("ann").delete("pirate");
  return (path, init) => {
    const context = { params: Promise.resolve({ id: decodeURIComponent(path.slice(1)) }) };
    return (init?.method === "POST" ? POST : GET)(new Request(`http://localhost${path}`, init), context);
  };
}

describe.each([
  ["hono.ts", startHono],
  ["express.ts", startExpress],
  ["nextjs", startNext],
] as const)("%s", (name, start) => {
  async function open(): Promise<Send> {
    const send = await start(memoryStore());
    return (path, { user = "ann", headers, ...init } = {}) =>
      send(path, { ...init, headers: { "x-session-user": user, ...headers } });
  }

  function post(body: unknown): Init {
    const headers = { "content-type": "application/json" };
    return { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) };
  }

  it("answers, stores the turn, and answers a repeated request once", async () => {
    const send = await open();
    expect((await send("/pirate")).status).toBe(404);
    const message = { text: "Tell me a short pirate joke.", key: "1" };
    const answer = await (await send("/pirate", post(message))).text();
    expect(answer).toContain("hooked");
    expect(await (await send("/pirate", post(message))).text()).toContain("hooked");
    const loaded = await send("/pirate");
    const { messages } = (await loaded.json()) as { messages: unknown[] };
    expect(messages).toHaveLength(2);
    const etag = loaded.headers.get("etag") ?? "";
    expect((await send("/pirate", { headers: { "if-none-match": etag } })).status).toBe(304);
    // Another user has another thread of the same id.
    expect((await send("/pirate", { user: "ben" })).status).toBe(404);
  });

  it.each([
    ["text that is not JSON", "{", "JSON"],
    ["no message", { key: "1" }, "`text`"],
    ["an empty message", { text: " ", key: "1" }, "`text`"],
    ["a message of another type", { text: 7, key: "1" }, "`text`"],
    ["no key", { text: "Hello" }, "`key`"],
    ["no object", "null", "REFUSED"],
  ])("refuses %s", async (_, body, expected) => {
    const send = await open();
    const response = await send("/pirate", post(body));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(expected)]);
  });

  it.runIf(name === "express.ts")("refuses a body that is too long", async () => {
    const send = await open();
    const response = await send("/pirate", post({ text: "x".repeat(200_000), key: "1" }));
    expect([response.status, await response.json()]).toMatchObject([413, { code: "REFUSED" }]);
  });

  it("refuses an id that is too long", async () => {
    const send = await open();
    const response = await send(`/${"x".repeat(600)}`);
    expect([response.status, await response.json()]).toMatchObject([400, { code: "INVALID_ARGUMENT" }]);
  });

  it.runIf(name !== "nextjs")("deletes a thread", async () => {
    const send = await open();
    await (await send("/pirate", post({ text: "Tell me a short pirate joke.", key: "1" }))).text();
    expect((await send("/pirate", { method: "DELETE" })).status).toBe(204);
    expect((await send("/pirate")).status).toBe(404);
  });
});

it("hono.ts lists the threads of the user", async () => {
  const store = memoryStore();
  await store.namespace("ann").save("a", {}, { metadata: { title: "A" } });
  await store.namespace("ben").save("b", {});
  const response = await startHono(store)("/", { headers: { "x-session-user": "ann" } });
  expect(await response.json()).toMatchObject({ threads: [{ id: "a", metadata: { title: "A" } }] });
});

it("nextjs answers 401 without a session", async () => {
  const send = await startNext();
  expect((await send("/pirate")).status).toBe(401);
});

describe("lambda.ts", () => {
  const requestContext = { authorizer: { iam: { userId: "ann" } } };
  const invocation = (milliseconds: number) => ({ getRemainingTimeInMillis: () => milliseconds });

  it("answers, and answers a repeated request once", async () => {
    const { createHandler } = await import("./lambda.ts");
    const store = memoryStore();
    const handler = createHandler(store, agent);
    const body = JSON.stringify({ id: "pirate", text: "Tell me a short pirate joke.", key: "1" });
    const first = await handler({ body, requestContext }, invocation(60_000));
    expect(first).toMatchObject({ statusCode: 200, body: expect.stringContaining("hooked") });
    expect(await handler({ body, requestContext }, invocation(60_000))).toEqual(first);
    const stored = await store.namespace("ann").load("pirate");
    expect(stored?.thread["messages"]).toHaveLength(2);
  });

  it("stops before the invocation ends, and refuses an invalid request", async () => {
    const { createHandler } = await import("./lambda.ts");
    const handler = createHandler(memoryStore(), agent);
    const body = JSON.stringify({ id: "pirate", text: "Tell me a short pirate joke.", key: "1" });
    expect(await handler({ body, requestContext }, invocation(0))).toMatchObject({ statusCode: 504 });
    expect(await handler({ body: "{", requestContext }, invocation(60_000))).toMatchObject({
      statusCode: 400,
    });
  });
});
