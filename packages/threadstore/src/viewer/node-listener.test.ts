import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { memoryStore } from "@threadstore/core";
import { expect, it, onTestFinished } from "vitest";
import { nodeListener } from "./node-listener.ts";
import type { ViewerHandler } from "./options.ts";
import { viewerHandler } from "./viewer-handler.ts";
import { serveHandler } from "./viewer.test-helper.ts";

const echo: ViewerHandler = async (request) =>
  Response.json({ method: request.method, url: request.url, body: await request.text() });

it("passes the method, the address, the headers and the body on", async () => {
  const send = await serveHandler(async (request) => {
    const { headers } = request;
    const answer = await echo(request);
    return new Response(answer.body, {
      status: 207,
      headers: { "x-answer": headers.get("x-question") ?? "" },
    });
  });
  const response = await send("/a%2Fb?c=%2F", {
    method: "PATCH",
    json: { n: 1 },
    headers: { "x-question": "why" },
  });
  expect([response.status, response.headers.get("x-answer")]).toEqual([207, "why"]);
  expect(await response.json()).toEqual({
    method: "PATCH",
    url: "http://localhost/a%2Fb?c=%2F",
    body: '{"n":1}',
  });
});

it("sends each cookie as a header of its own", async () => {
  const send = await serveHandler(async () => {
    const headers = new Headers([
      ["set-cookie", "a=1; Path=/"],
      ["set-cookie", "b=2"],
    ]);
    return new Response(null, { status: 204, headers });
  });
  expect((await send("/")).headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
});

it("uses the whole address where a framework has removed the path of a mount", async () => {
  const listener = nodeListener(echo, { origin: "https://example.com" });
  const server = createServer((incoming, outgoing) => {
    listener(Object.assign(incoming, { originalUrl: incoming.url, url: "/" }), outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/admin/threads/api/session?a=1`);
  expect(await response.json()).toMatchObject({ url: "https://example.com/admin/threads/api/session?a=1" });
});

it("says that middleware has read the body", async () => {
  const store = memoryStore();
  const saved = await store.save("a", { messages: [] });
  const listener = nodeListener(viewerHandler({ authorize: () => store, write: true }));
  const server = createServer((incoming, outgoing) => {
    void text(incoming).then(() => listener(incoming, outgoing));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const send = (method: string, body?: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/api/threads/a`, {
      method,
      headers: { "content-type": "application/json", "if-match": `"${saved.version}"` },
      ...(body === undefined ? {} : { body }),
    });
  const response = await send("PATCH", '{"title":"A"}');
  expect(await response.json()).toMatchObject({
    code: "REQUEST_INVALID",
    detail: expect.stringContaining("Mount the viewer before it."),
  });
  // A request without a body does not need it.
  expect((await send("DELETE")).status).toBe(204);
});

it("aborts the request if the client leaves", async () => {
  const aborted = new Promise<void>((resolve) => {
    const server = createServer(
      nodeListener(async ({ signal }) => {
        await once(signal, "abort");
        resolve();
        return new Response();
      }),
    );
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const sent = httpRequest({ host: "127.0.0.1", port }).on("error", () => server.close());
      sent.end();
      server.once("request", () => sent.destroy());
    });
  });
  await expect(aborted).resolves.toBeUndefined();
});

it("ends the connection if the handler or its body fails, and goes on", async () => {
  let count = 0;
  const send = await serveHandler(async () => {
    count += 1;
    if (count === 1) throw new Error("failed");
    if (count > 2) return new Response("works");
    return new Response(
      new ReadableStream({
        pull: (controller) => controller.error(new Error("failed")),
      }),
    );
  });
  await expect(send("/")).rejects.toThrow("fetch failed");
  await expect(send("/").then((response) => response.text())).rejects.toThrow(/fetch failed|terminated/u);
  expect(await (await send("/")).text()).toBe("works");
});
