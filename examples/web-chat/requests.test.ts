import { randomUUID } from "node:crypto";
import { memoryStore } from "@threadstore/core";
import { createChatAgent } from "@threadstore/openai";
import OpenAI from "openai";
import { expect, it } from "vitest";
import { createApp } from "./app.ts";

const client = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1:1/v1", maxRetries: 0 });
const app = createApp(memoryStore(), createChatAgent({ client, model: "m", name: "Test" }));
const key = randomUUID();

function send(method: string, path: string, body: unknown, type = "application/json") {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return app.request(path, { method, headers: { "content-type": type }, body: text });
}

it.each<[string, string, string, unknown, string?]>([
  ["no id", "POST", "/conversations/x/messages", { text: "a", key }],
  ["an id with a path", "POST", "/conversations/..%2Fb/messages", { text: "a", key }],
  ["no JSON", "POST", `/conversations/${key}/messages`, "{"],
  ["null", "POST", `/conversations/${key}/messages`, "null"],
  ["no object", "POST", `/conversations/${key}/messages`, "[]"],
  ["a form", "POST", `/conversations/${key}/messages`, { text: "a", key }, "text/plain"],
  ["no text", "POST", `/conversations/${key}/messages`, { key }],
  ["an empty text", "POST", `/conversations/${key}/messages`, { text: " \n", key }],
  ["a number", "POST", `/conversations/${key}/messages`, { text: 1, key }],
  ["a long text", "POST", `/conversations/${key}/messages`, { text: "x".repeat(20_001), key }],
  ["half of a character", "POST", `/conversations/${key}/messages`, '{"text":"\\ud800","key":"' + key + '"}'],
  ["no key", "POST", `/conversations/${key}/messages`, { text: "a" }],
  ["a key of another kind", "POST", `/conversations/${key}/messages`, { text: "a", key: "1" }],
  ["no title", "PATCH", `/conversations/${key}`, {}],
  ["a long title", "PATCH", `/conversations/${key}`, { title: "x".repeat(201) }],
  ["a cursor of nothing", "GET", "/conversations?cursor=nonsense", undefined],
])("%s is a bad request", async (_name, method, path, body, type) => {
  const response = method === "GET" ? await app.request(path) : await send(method, path, body, type);
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({ status: 400, title: expect.stringMatching(/^[A-Z].+\.$/u) });
});

it("a body that is too long is refused before it is read", async () => {
  const response = await send("POST", `/conversations/${key}/messages`, { text: "x".repeat(300_000), key });
  expect(response.status).toBe(413);
});

it.each([
  ["GET", undefined],
  ["PATCH", { title: "A name" }],
])("%s of a conversation that does not exist is 404", async (method, body) => {
  const path = `/conversations/${randomUUID()}`;
  const response = body === undefined ? await app.request(path) : await send(method, path, body);
  expect(response.status).toBe(404);
});

it("a model that cannot be reached is a problem in the words of the person who chats", async () => {
  const response = await send("POST", `/conversations/${randomUUID()}/messages`, { text: "a", key });
  const events = (await response.text()).trim().split("\n");
  expect(JSON.parse(events.at(-1) ?? "")).toMatchObject({ type: "problem", code: "MODEL_UNAVAILABLE" });
});
