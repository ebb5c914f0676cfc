import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { application as express } from "./express.ts";
import { application as hono } from "./hono.ts";
import { sessionCookie, type Staff } from "./sessions.ts";

type Send = (path: string, init?: RequestInit) => Promise<Response>;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadstore-viewer-"));
  vi.stubEnv("DATABASE", join(folder, "threads.db"));
  vi.stubEnv("OPENAI_API_KEY", "local");
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

interface Started {
  readonly send: Send;
  readonly store: ThreadStore;
}

async function startHono(): Promise<Started> {
  const store = memoryStore();
  const app = hono(store);
  return { store, send: async (path, init) => app.request(`http://localhost${path}`, init) };
}

async function startExpress(): Promise<Started> {
  const store = memoryStore();
  const server = express(store).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { store, send: (path, init) => fetch(address + path, { redirect: "manual", ...init }) };
}

async function startNext(): Promise<Started> {
  const routes = await import("../nextjs/app/admin/threads/[[...path]]/route.ts");
  const { threads: store } = await import("../nextjs/lib/threads.ts");
  await store.erase();
  const send: Send = (path, init = {}) =>
    routes[(init.method ?? "GET") as keyof typeof routes](new Request(`http://localhost${path}`, init));
  return { store, send };
}

const ADMIN: Staff = { name: "ann", role: "admin" };
const SUPPORT: Staff = { name: "ben", role: "support" };

describe.each([
  ["Hono", startHono],
  ["Express", startExpress],
  ["Next.js", startNext],
])("the viewer in %s", (_, start) => {
  async function open(user?: Staff): Promise<Started> {
    const { send, store } = await start();
    const messages = [{ role: "user", content: "Ahoy" }];
    await store.namespace("customers").save("a/b", { messages }, { metadata: { owner: "eve" } });
    await store.save("internal", { messages });
    const cookie = user === undefined ? "" : (sessionCookie(user).split(";")[0] ?? "");
    return {
      store,
      send: (path, init = {}) =>
        send(path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } }),
    };
  }

  it("asks for a login, and trusts no cookie that the server has not signed", async () => {
    const { send } = await open();
    const page = await send("/admin/threads/");
    expect([page.status, page.headers.get("location")]).toEqual([303, "/login"]);
    expect((await send("/admin/threads/api/session")).status).toBe(401);
    const forged = Buffer.from(JSON.stringify(ADMIN)).toString("base64url");
    const signature = sessionCookie(SUPPORT).split(/[.;]/u)[1] ?? "";
    for (const cookie of [`staff-session=${forged}.`, `staff-session=${forged}.${signature}`]) {
      expect((await send("/admin/threads/api/session", { headers: { cookie } })).status).toBe(401);
    }
  });

  it("shows the support team the conversations of customers, and lets it change nothing", async () => {
    const { send, store } = await open(SUPPORT);
    const redirect = await send("/admin/threads?thread=a");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([307, "/admin/threads/?thread=a"]);
    expect(await (await send("/admin/threads/api/session")).json()).toMatchObject({ write: false });
    const listed = await send("/admin/threads/api/threads?metadata.owner=eve");
    expect(await listed.json()).toMatchObject({ threads: [{ id: "a/b" }] });
    const path = "/admin/threads/api/threads/a%2Fb";
    const shown = await send(`${path}/conversation`);
    expect(await shown.json()).toMatchObject({ entries: [{ text: "Ahoy" }] });
    expect((await send("/admin/threads/api/threads/internal")).status).toBe(404);
    const headers = { "if-match": shown.headers.get("etag") ?? "" };
    expect((await send(path, { method: "DELETE", headers })).status).toBe(403);
    expect(await store.namespace("customers").load("a/b")).toBeDefined();
  });

  it("lets administrators change threads in all namespaces", async () => {
    const { send, store } = await open(ADMIN);
    const path = "/admin/threads/api/threads/a%2Fb?namespace=customers";
    const etag = (await send(path)).headers.get("etag") ?? "";
    const headers = { "if-match": etag, "content-type": "application/json" };
    const body = JSON.stringify({ title: "Pirate" });
    expect((await send(path, { method: "PATCH", headers, body })).status).toBe(200);
    expect((await store.namespace("customers").load("a/b"))?.metadata["title"]).toBe("Pirate");
    expect((await send(path, { method: "DELETE", headers })).status).toBe(412);
  });
});
