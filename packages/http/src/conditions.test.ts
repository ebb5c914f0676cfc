import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { type Access, threadHandler, type ThreadHandlerOptions } from "./index.ts";

type Send = (method: string, path: string, json?: unknown, headers?: object) => Promise<Response>;

function sender(threads: ThreadStore, options: Partial<ThreadHandlerOptions> = {}): Send {
  const handler = threadHandler({
    authorize: () => threads,
    append: ({ elements }) => ({ elements }),
    ...options,
  });
  return (method, path, json, headers = {}) =>
    handler(
      new Request(`http://localhost/threads${path}`, {
        method,
        headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
    );
}

const APPEND = { elements: [1] };

describe("an append with a key and a version", () => {
  test.each<[string, (version: string) => string]>([
    ["as the only tag", (version) => `"${version}"`],
    ["as the first tag", (version) => `"${version}", "other"`],
    ["as the last tag", (version) => `"other", "${version}"`],
    ["and any other", () => "*"],
  ])("%s is applied once, however often it is sent", async (_, tagsOf) => {
    const threads = memoryStore();
    const { version } = await threads.save("x", { messages: [] });
    const headers = { "if-match": tagsOf(version), "idempotency-key": "k" };
    const bodies = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await sender(threads)("POST", "/x/elements", APPEND, headers);
      bodies.push([response.status, ((await response.json()) as { appended: boolean }).appended]);
    }
    expect(bodies).toEqual([
      [200, true],
      [200, false],
      [200, false],
    ]);
    const other = { ...headers, "idempotency-key": "other", "if-match": `"${version}"` };
    expect((await sender(threads)("POST", "/x/elements", APPEND, other)).status).toBe(412);
  });
});

test("If-Match: * only requires that the thread exists", async () => {
  const threads = memoryStore();
  const send = sender(threads, { append: ({ elements }) => ({ elements, create: { messages: [] } }) });
  const any = { "if-match": "*" };
  for (const [method, path, json] of [
    ["POST", "/x/elements", APPEND],
    ["PATCH", "/x", { title: "New" }],
    ["POST", "/x/fork", {}],
    ["DELETE", "/x", undefined],
    ["GET", "/x", undefined],
  ] as const) {
    expect((await send(method, path, json, any)).status).toBe(412);
  }
  await threads.save("x", { messages: [] });
  const appends = Array.from({ length: 8 }, () => send("POST", "/x/elements", APPEND, any));
  expect((await Promise.all(appends)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect((await send("DELETE", "/x", undefined, any)).status).toBe(204);
});

test.each(["if-none-match", "if-unmodified-since"])(
  "a change with %s is rejected, not ignored",
  async (name) => {
    const threads = memoryStore();
    await threads.save("x", { messages: [] });
    for (const [method, path, json] of [
      ["POST", "/x/elements", APPEND],
      ["PATCH", "/x", { title: "New" }],
      ["POST", "/x/fork", {}],
      ["DELETE", "/x", undefined],
    ] as const) {
      expect((await sender(threads)(method, path, json, { [name]: "*" })).status).toBe(400);
    }
  },
);

test("a deletion with a version does not load the thread, which may be corrupt", async () => {
  const threads = memoryStore();
  const { version } = await threads.save("x", { messages: [] });
  threads.load = () => Promise.reject(new ThreadStoreError("CORRUPT", "The record is corrupt."));
  expect((await sender(threads)("DELETE", "/x", undefined, { "if-match": `"${version}"` })).status).toBe(204);
});

test("30 renames of a slow store all succeed", async () => {
  const threads = memoryStore();
  await threads.save("x", { messages: [] });
  const touch = threads.touch.bind(threads);
  threads.touch = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return touch(...args);
  };
  const renames = Array.from({ length: 30 }, (_, index) =>
    sender(threads)("PATCH", "/x", { title: String(index) }),
  );
  expect(new Set((await Promise.all(renames)).map(({ status }) => status))).toEqual(new Set([200]));
});

test("an empty patch writes nothing", async () => {
  const threads = memoryStore();
  const { version } = await threads.save("x", { messages: [] });
  const response = await sender(threads)("PATCH", "/x", {});
  expect([response.status, response.headers.get("etag")]).toEqual([200, `"${version}"`]);
});

describe("faults of the application", () => {
  test.each<[string, unknown]>([
    ["null", null],
    ["text", "x"],
    ["no elements", {}],
    ["elements that are not an array", { elements: "x" }],
    ["an element that is not JSON", { elements: [1n] }],
    ["a thread without an array", { elements: [1], create: { n: 1 } }],
    ["a thread that is a number", { elements: [1], create: 1 }],
    ["a thread that is not JSON", { elements: [1], create: "{" }],
    ["metadata that is not text", { elements: [1], metadata: { n: 1 } }],
    ["metadata that is null", { elements: [1], metadata: null }],
  ])("in append, such as %s, are logged and are not the client's", async (_, decision) => {
    const threads = memoryStore();
    const errors: unknown[] = [];
    const options = { append: () => decision as never, onError: (error: unknown) => void errors.push(error) };
    const isCreated = typeof decision === "object" && decision !== null && "create" in decision;
    if (!isCreated) await threads.save("x", { messages: [] });
    const { status } = await sender(threads, options)("POST", "/x/elements", APPEND);
    expect([status, errors]).toMatchObject([500, [{ name: "TypeError" }]]);
  });

  test.each<[string, unknown]>([
    ["a number", 1],
    ["nothing", undefined],
    ["a thread that is not JSON", { n: 1n }],
  ])("in fork, such as %s, are logged and are not the client's", async (_, document) => {
    const threads = memoryStore();
    await threads.save("x", {});
    const errors: unknown[] = [];
    const options = { fork: () => document as never, onError: (error: unknown) => void errors.push(error) };
    expect((await sender(threads, options)("POST", "/x/fork", {})).status).toBe(500);
    expect(errors).toMatchObject([{ name: "TypeError" }]);
  });

  test.each<[string, string, string | undefined]>([
    ["half a character", '{"elements":["\\ud800"]}', undefined],
    ["no element", '{"elements":[]}', undefined],
    ["a key that is too long", '{"elements":[1]}', "k".repeat(300)],
  ])("are not %s, which is the client's", async (_, body, key) => {
    const threads = memoryStore();
    await threads.save("x", { messages: [] });
    const handler = threadHandler({
      authorize: () => threads,
      append: ({ elements }) => ({ elements }),
      onError: (error) => {
        throw error;
      },
    });
    const headers = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const { status } = await handler(
      new Request("http://localhost/threads/x/elements", { method: "POST", headers, body }),
    );
    expect(status).toBe(400);
  });

  test.each<[string, () => Promise<void> | void]>([
    [
      "throws",
      () => {
        throw new Error("log");
      },
    ],
    ["rejects", () => Promise.reject(new Error("log"))],
  ])("in onError that %s do not change the response", async (_, onError) => {
    const { status } = await sender(memoryStore(), {
      authorize: () => Promise.reject(new Error("x")),
      onError,
    })("GET", "");
    expect(status).toBe(500);
  });

  test("a code of a later release of the store is unexpected", async () => {
    const error = new ThreadStoreError("NEWER" as never, "The bucket.");
    const response = await sender(memoryStore(), { authorize: () => Promise.reject(error) })("GET", "");
    expect([response.status, await response.json()]).toMatchObject([500, { code: "UNEXPECTED" }]);
  });
});

test("appended metadata is merged, and the user's title stays", async () => {
  const threads = memoryStore();
  const options = {
    append: () => ({ elements: [1], create: { messages: [] }, metadata: { title: "A", model: "m" } }),
  };
  const send = sender(threads, options);
  await send("POST", "/x/elements", APPEND);
  expect((await threads.load("x"))?.metadata).toEqual({ title: "A", model: "m" });
  await send("PATCH", "/x", { title: "Mine", archived: true });
  const appends = Array.from({ length: 8 }, () => send("POST", "/x/elements", APPEND));
  expect((await Promise.all(appends)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect((await threads.load("x"))?.metadata).toEqual({ title: "Mine", archived: "true", model: "m" });
});

test("a fork is authorized for its target, too", async () => {
  const threads = memoryStore();
  await threads.save("x", {});
  const authorize = ({ target }: Access): Response | ThreadStore =>
    target === "secret" ? new Response(null, { status: 403 }) : threads;
  expect((await sender(threads, { authorize })("POST", "/x/fork", { id: "secret" })).status).toBe(403);
  expect((await sender(threads, { authorize })("POST", "/x/fork", { id: "y" })).status).toBe(201);
  expect(await threads.load("secret")).toBeUndefined();
});

test.each(["/gespräche", "/gespr%C3%A4che", "/gespr%c3%a4che"])(
  "the base path %s is found",
  async (basePath) => {
    const handler = threadHandler({ authorize: () => memoryStore(), basePath });
    for (const path of ["/gespräche", "/gespr%c3%a4che"]) {
      expect((await handler(new Request(`http://localhost${path}`))).status).toBe(200);
    }
    expect((await handler(new Request("http://localhost//host/gespräche"))).status).toBe(404);
  },
);

test("a body that is not UTF-8 is rejected", async () => {
  const threads = memoryStore();
  await threads.save("x", {});
  const handler = threadHandler({ authorize: () => threads });
  const body = new Uint8Array([...Buffer.from('{"title":"'), 0xff, ...Buffer.from('"}')]);
  const headers = { "content-type": "application/json" };
  const response = await handler(
    new Request("http://localhost/threads/x", { method: "PATCH", headers, body }),
  );
  expect([response.status, await response.json()]).toMatchObject([400, { code: "REQUEST_INVALID" }]);
});
