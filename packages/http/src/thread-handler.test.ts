import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore, ThreadStoreError, THREAD_STORE_ERROR_CODES } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Access, threadHandler, type ThreadHandlerOptions } from "./index.ts";
import { serve } from "./server.test-helper.ts";

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string;
  readonly user?: string;
}

type Send = (path: string, init?: Init) => Promise<Response>;

const JSON_HEADERS = { "content-type": "application/json" };
const TEXT = '{"n": 1.0, "messages": ["a", "b"]}';

/** Serves the threads of users, who are named in a header. */
async function start(store: ThreadStore, options: Partial<ThreadHandlerOptions> = {}): Promise<Send> {
  const handler = threadHandler({
    authorize: ({ request }) => {
      const user = request.headers.get("x-user");
      return user === null ? new Response(null, { status: 401 }) : store.namespace(user);
    },
    append: ({ elements }) => ({ elements, create: { messages: [] } }),
    ...options,
  });
  const address = await serve(handler);
  return (path, { json, user = "ann", headers, ...init } = {}) => {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const types = json === undefined ? {} : JSON_HEADERS;
    return fetch(address + path, { ...init, ...body, headers: { "x-user": user, ...types, ...headers } });
  };
}

async function setUp(options?: Partial<ThreadHandlerOptions>): Promise<{ send: Send; ann: ThreadStore }> {
  const store = memoryStore();
  return { send: await start(store, options), ann: store.namespace("ann") };
}

function titlesOf(body: unknown): unknown[] {
  return (body as { threads: { title?: string }[] }).threads.map(({ title }) => title);
}

describe("a list", () => {
  test("has the threads of the user, the latest first, page by page, in every process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "threadstore-http-"));
    const path = join(folder, "threads.db");
    let time = Date.now();
    // No two threads are saved at the same time.
    const now = (): number => (time += 1);
    const stores = [sqliteStore({ path, now }), sqliteStore({ path, now })];
    onTestFinished(async () => {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    });
    const [first, second] = await Promise.all(stores.map((store) => start(store)));
    if (first === undefined || second === undefined) throw new Error("Not started.");
    const ann = stores[0]?.namespace("ann");
    for (const title of ["1", "2", "3"]) {
      await ann?.save(`id ${title}`, { messages: [] }, { metadata: { title, color: "red" } });
    }
    await stores[0]?.namespace("bob").save("bob's", {});
    const page = await first("/threads?limit=2");
    const body = (await page.json()) as { threads: object[]; cursor: string };
    expect(titlesOf(body)).toEqual(["3", "2"]);
    expect(body.threads[0]).toMatchObject({
      id: "id 3",
      archived: false,
      metadata: { color: "red" },
      updatedAt: expect.stringMatching(/^\d{4}-.*Z$/u) as string,
    });
    const link = /<(.*)>; rel="next"/u.exec(page.headers.get("link") ?? "")?.[1] ?? "";
    const rest = await second(link);
    expect([titlesOf(await rest.json()), rest.headers.get("link")]).toEqual([["1"], null]);
    expect(
      titlesOf(await (await second(`/threads?cursor=${encodeURIComponent(body.cursor)}`)).json()),
    ).toEqual(["1"]);
    expect((await second(`/threads?cursor=${encodeURIComponent(body.cursor)}`, { user: "bob" })).status).toBe(
      400,
    );
  });

  test("shows archived threads only, or not at all, if asked", async () => {
    const { send, ann } = await setUp();
    await ann.save("a", {}, { metadata: { title: "a" } });
    await ann.save("b", {}, { metadata: { title: "b" } });
    await send("/threads/a", { method: "PATCH", json: { archived: true } });
    const titles = async (query: string): Promise<unknown[]> =>
      titlesOf(await (await send(`/threads${query}`)).json());
    expect(await titles("")).toEqual(["a", "b"]);
    expect(await titles("?archived=true")).toEqual(["a"]);
    expect(await titles("?archived=false")).toEqual(["b"]);
    await send("/threads/a", { method: "PATCH", json: { archived: false } });
    expect(await titles("?archived=true")).toEqual([]);
  });

  test("has only the threads whose id and metadata match, in every combination, page by page", async () => {
    const { send, ann } = await setUp();
    for (const [id, metadata] of [
      ["a-1", { owner: "ann", "odd = name": "ü & more", __proto__x: "" }],
      ["a-2", { owner: "ann", archived: "true" }],
      ["b-1", { owner: "ann" }],
      ["a-3", { owner: "bob" }],
    ] as const) {
      await ann.save(id, {}, { metadata });
    }
    const ids = async (query: string): Promise<unknown[]> => {
      const body = (await (await send(`/threads${query}`)).json()) as { threads: { id: string }[] };
      return body.threads.map(({ id }) => id).toSorted();
    };
    expect(await ids("?prefix=a-")).toEqual(["a-1", "a-2", "a-3"]);
    expect(await ids("?prefix=")).toHaveLength(4);
    expect(await ids("?metadata.owner=ann")).toEqual(["a-1", "a-2", "b-1"]);
    expect(await ids("?metadata.owner=ann&prefix=a")).toEqual(["a-1", "a-2"]);
    expect(await ids("?metadata.owner=ann&archived=true")).toEqual(["a-2"]);
    expect(await ids("?metadata.owner=ann&archived=false")).toEqual(["a-1", "b-1"]);
    expect(await ids("?metadata.odd+%3D+name=%C3%BC+%26+more&metadata.owner=ann")).toEqual(["a-1"]);
    expect(await ids("?metadata.__proto__x=")).toEqual(["a-1"]);
    expect(await ids("?metadata.__proto__=x")).toEqual([]);
    expect(await ids("?metadata.owner=an")).toEqual([]);
    const page = await send("/threads?metadata.owner=ann&prefix=a&limit=1");
    const { threads } = (await page.json()) as { threads: { id: string }[] };
    const link = /<(.*)>; rel="next"/u.exec(page.headers.get("link") ?? "")?.[1] ?? "";
    const listed = [...threads.map(({ id }) => id), ...(await ids(link.slice("/threads".length)))];
    expect(new Set(listed)).toEqual(new Set(["a-1", "a-2"]));
  });

  test("says which filter is invalid, and that a cursor belongs to its filters", async () => {
    const { send, ann } = await setUp();
    await ann.save("a", {});
    await ann.save("b", {});
    const { cursor } = (await (await send("/threads?limit=1")).json()) as { cursor: string };
    for (const [query, detail] of [
      [`prefix=${"x".repeat(513)}`, "`prefix` must have at most 512 bytes"],
      [`prefix=${"x".repeat(513)}&cursor=${cursor}`, "`prefix` must have at most 512 bytes"],
      ["prefix=a&prefix=b", "Pass `prefix` at most once."],
      ["metadata.a=1&metadata.a=1", "Pass each member of the metadata at most once."],
      ["metadata.archived=true&archived=true", "Pass each member of the metadata at most once."],
      [`prefix=a&cursor=${cursor}`, "`cursor` must be the cursor of an earlier page of the same list."],
    ] as const) {
      const response = await send(`/threads?${query}`);
      expect(await response.json(), query).toMatchObject({
        status: 400,
        detail: expect.stringContaining(detail) as string,
      });
    }
  });

  test.each(["limit=0", "limit=101", "limit=x", "limit=1.5", "archived=1", "cursor=forged"])(
    "rejects ?%s",
    async (query) => {
      const { send } = await setUp();
      const response = await send(`/threads?${query}`);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ status: 400, detail: expect.any(String) as string });
    },
  );
});

describe("a load", () => {
  test("has the stored text, and nothing if the client has this version", async () => {
    const { send, ann } = await setUp();
    const { version } = await ann.save("a/b ü", TEXT);
    const response = await send("/threads/a%2Fb%20%C3%BC");
    expect([response.status, await response.text()]).toEqual([200, TEXT]);
    const etag = response.headers.get("etag") ?? "";
    expect(etag).toBe(`"${version}"`);
    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await send("/threads/a%2Fb%20%C3%BC", { headers: { "if-none-match": tags } });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    const other = await send("/threads/a%2Fb%20%C3%BC", { headers: { "if-none-match": '"x"' } });
    expect(other.status).toBe(200);
    const head = await send("/threads/a%2Fb%20%C3%BC", { method: "HEAD" });
    expect([head.status, await head.text(), head.headers.get("etag")]).toEqual([200, "", etag]);
  });

  test("of a missing thread, or one of another user, is 404", async () => {
    const { send, ann } = await setUp();
    await ann.save("a", TEXT);
    for (const [path, user] of [
      ["/threads/b", "ann"],
      ["/threads/a", "bob"],
    ] as const) {
      const response = await send(path, { user });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { code: "NOT_FOUND", status: 404 },
      ]);
    }
  });
});

describe("an append", () => {
  test("creates the thread, and adds the elements once for each key", async () => {
    const { send, ann } = await setUp();
    const json = { elements: ["a", { b: 1 }] };
    const headers = { "idempotency-key": "1" };
    const bodies = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const response = await send("/threads/x/elements", { method: "POST", json, headers });
      bodies.push([response.status, ((await response.json()) as { appended: boolean }).appended]);
      expect(response.headers.get("etag")).toBe(`"${(await ann.load("x"))?.version}"`);
    }
    expect(bodies).toEqual([
      [200, true],
      [200, false],
    ]);
    expect((await ann.load("x"))?.thread).toEqual({ messages: ["a", { b: 1 }] });
  });

  test("of concurrent clients loses nothing", async () => {
    const { send, ann } = await setUp();
    const elements = Array.from({ length: 20 }, (_, index) => index);
    const responses = await Promise.all(
      elements.map((element) =>
        send("/threads/x/elements", { method: "POST", json: { elements: [element] } }),
      ),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    const { messages } = JSON.parse((await ann.load("x"))?.json ?? "") as { messages: number[] };
    expect(messages.toSorted((a, b) => a - b)).toEqual(elements);
  });

  test("requires the version in If-Match", async () => {
    const { send, ann } = await setUp();
    const { version } = await ann.save("x", { messages: [] });
    const post = (tags: string): Promise<Response> =>
      send("/threads/x/elements", { method: "POST", json: { elements: [1] }, headers: { "if-match": tags } });
    for (const tags of ['"old"', `W/"${version}"`, '"a", "b"', ""]) {
      const response = await post(tags);
      expect([response.status, await response.json()]).toMatchObject([412, { code: "PRECONDITION_FAILED" }]);
    }
    expect((await post(`"a", "${version}"`)).status).toBe(200);
    expect((await post("*")).status).toBe(200);
    expect((await post(`"${version}"`)).status).toBe(412);
    expect((await ann.load("x"))?.thread).toEqual({ messages: [1, 1] });
  });

  test("is what the application decides", async () => {
    const { send, ann } = await setUp({
      append: ({ id, elements }) => {
        if (elements.length === 0) return new Response("Nothing.", { status: 422 });
        if (elements.length > 1) return undefined as never;
        return { elements: [{ id, text: elements[0] }], metadata: { title: "New" } };
      },
    });
    const post = (elements: unknown): Promise<Response> =>
      send("/threads/x/elements", { method: "POST", json: { elements } });
    expect((await post([])).status).toBe(422);
    expect((await post(["a", "b"])).status).toBe(403);
    expect((await post("a")).status).toBe(400);
    expect((await post(["a"])).status).toBe(404);
    await ann.save("x", { messages: [] });
    expect(await (await post(["a"])).json()).toMatchObject({ title: "New", appended: true });
    expect((await ann.load("x"))?.thread).toEqual({ messages: [{ id: "x", text: "a" }] });
  });

  test("does not exist without the application's decision", async () => {
    const { send } = await setUp({ append: undefined });
    expect((await send("/threads/x/elements", { method: "POST", json: { elements: [1] } })).status).toBe(404);
  });
});

describe("a rename", () => {
  test("changes the title or the state, and keeps everything else", async () => {
    const { send, ann } = await setUp();
    await ann.save("x", TEXT, { metadata: { title: "Old", color: "red" } });
    const patch = async (json: unknown): Promise<unknown> => {
      const response = await send("/threads/x", { method: "PATCH", json });
      return [response.status, (await ann.load("x"))?.metadata];
    };
    expect(await patch({ title: "New" })).toEqual([200, { title: "New", color: "red" }]);
    expect(await patch({ archived: true })).toEqual([200, { title: "New", color: "red", archived: "true" }]);
    expect(await patch({ title: null })).toEqual([200, { color: "red", archived: "true" }]);
    expect(await patch({ title: "", archived: false })).toEqual([200, { title: "", color: "red" }]);
    expect(await patch({})).toEqual([200, { title: "", color: "red" }]);
    expect((await ann.load("x"))?.json).toBe(TEXT);
    for (const invalid of [
      { title: 1 },
      { archived: "yes" },
      { archived: null },
      { color: "blue" },
      [],
      "x",
      null,
    ]) {
      expect(await patch(invalid)).toEqual([400, { title: "", color: "red" }]);
    }
  });

  test("by 30 clients at once keeps the changes of each", async () => {
    const { send, ann } = await setUp();
    await ann.save("x", TEXT);
    const patches = Array.from({ length: 30 }, (_, index) =>
      send("/threads/x", { method: "PATCH", json: index % 2 === 0 ? { title: "New" } : { archived: true } }),
    );
    expect((await Promise.all(patches)).every(({ status }) => status === 200)).toBe(true);
    expect((await ann.load("x"))?.metadata).toEqual({ title: "New", archived: "true" });
  });

  test("of another version, or of a missing thread, is rejected", async () => {
    const { send, ann } = await setUp();
    const { version } = await ann.save("x", TEXT);
    const patch = (path: string, headers = {}): Promise<Response> =>
      send(path, { method: "PATCH", json: { title: "New" }, headers });
    expect((await patch("/threads/x", { "if-match": '"old"' })).status).toBe(412);
    expect((await patch("/threads/y")).status).toBe(404);
    expect((await patch("/threads/y", { "if-match": "*" })).status).toBe(412);
    expect((await ann.load("x"))?.version).toBe(version);
    expect((await patch("/threads/x", { "if-match": `"${version}"` })).status).toBe(200);
  });
});

describe("a fork", () => {
  test("has the same text and title under another id", async () => {
    const { send, ann } = await setUp();
    await ann.save("x", TEXT, { metadata: { title: "Old", archived: "true" } });
    const response = await send("/threads/x/fork", { method: "POST", json: { id: "a/b" } });
    expect([response.status, response.headers.get("location")]).toEqual([201, "/threads/a%2Fb"]);
    expect(await response.json()).toMatchObject({ id: "a/b", title: "Old", archived: false });
    expect(await ann.load("a/b")).toMatchObject({ json: TEXT, metadata: { title: "Old" } });
    const again = await send("/threads/x/fork", { method: "POST", json: { id: "a/b" } });
    expect([again.status, await again.json()]).toMatchObject([409, { code: "CONFLICT" }]);
    const random = await send("/threads/x/fork", { method: "POST", json: {} });
    expect((await send(random.headers.get("location") ?? "")).status).toBe(200);
  });

  test("of another version, of a missing thread, or to an id that URLs cannot have, is rejected", async () => {
    const { send, ann } = await setUp();
    await ann.save("x", TEXT);
    const post = async (json: object, headers = {}, id = "x"): Promise<number> =>
      (await send(`/threads/${id}/fork`, { method: "POST", json, headers })).status;
    expect(await post({ id: "z" }, { "if-match": '"old"' })).toBe(412);
    for (const id of [1, null, "", ".", ".."]) expect(await post({ id })).toBe(400);
    expect(await post({ id: "z", length: 1 })).toBe(400);
    expect(await post({}, {}, "none")).toBe(404);
    expect(await ann.load("z")).toBeUndefined();
  });

  test("expires with the thread, and keeps numbers that JavaScript cannot represent", async () => {
    const { send, ann } = await setUp();
    const expiresAt = new Date(Date.now() + 60_000);
    await ann.save("x", '{"n": 12345678901234567890}', { expiresAt });
    await send("/threads/x/fork", { method: "POST", json: { id: "y" } });
    expect(await ann.load("y")).toMatchObject({ json: '{"n": 12345678901234567890}', expiresAt });
  });
});

test("a delete removes the thread once, and only the version in If-Match", async () => {
  const { send, ann } = await setUp();
  const { version } = await ann.save("x", TEXT);
  const remove = async (headers = {}): Promise<number> =>
    (await send("/threads/x", { method: "DELETE", headers })).status;
  expect(await remove({ "if-match": '"old"' })).toBe(412);
  expect(await remove({ "if-match": `"${version}"` })).toBe(204);
  expect(await remove()).toBe(404);
  expect(await remove({ "if-match": "*" })).toBe(412);
  await ann.save("x", TEXT);
  expect(await remove()).toBe(204);
});

describe("the authorization", () => {
  test("decides about each request before the store is used", async () => {
    const accesses: unknown[] = [];
    const { send } = await setUp({
      authorize: ({ request, operation, id }: Access) => {
        accesses.push([request.method, operation, id]);
        return Response.json({ reason: "No." }, { status: 403 });
      },
    });
    for (const [method, path] of [
      ["GET", "/threads"],
      ["HEAD", "/threads"],
      ["GET", "/threads/a%2Fb"],
      ["PATCH", "/threads/a"],
      ["DELETE", "/threads/a"],
      ["POST", "/threads/a/fork"],
      ["POST", "/threads/a/elements"],
    ] as const) {
      expect((await send(path, { method })).status).toBe(403);
    }
    expect(accesses).toEqual([
      ["GET", "list", undefined],
      ["HEAD", "list", undefined],
      ["GET", "load", "a/b"],
      ["PATCH", "update", "a"],
      ["DELETE", "delete", "a"],
      ["POST", "fork", "a"],
      ["POST", "append", "a"],
    ]);
  });

  test.each([[undefined], [null], [false], [{}], ["store"]])("rejects if it returns %j", async (decision) => {
    const { send } = await setUp({ authorize: () => decision as never });
    const response = await send("/threads");
    expect([response.status, await response.json()]).toMatchObject([403, { code: "FORBIDDEN" }]);
  });

  test("that fails is an unexpected error, which is logged and not shown", async () => {
    const errors: unknown[] = [];
    const failure = new Error("secret");
    const { send } = await setUp({
      authorize: () => Promise.reject(failure),
      onError: (error) => void errors.push(error),
    });
    const response = await send("/threads");
    expect([response.status, await response.json()]).toEqual([
      500,
      {
        type: expect.stringMatching(/^https:.*#UNEXPECTED$/u) as string,
        status: 500,
        code: "UNEXPECTED",
        title: "An unexpected error occurred",
      },
    ]);
    expect(errors).toEqual([failure]);
  });
});

describe("a request is rejected", () => {
  test.each<[string, string, Init, number]>([
    ["with another path", "/other", {}, 404],
    ["with a longer path", "/threadsx", {}, 404],
    ["with an empty id", "/threads/", {}, 404],
    ["with an unknown action", "/threads/x/copy", { method: "POST" }, 404],
    ["with too many segments", "/threads/x/fork/now", { method: "POST" }, 404],
    ["with a malformed id", "/threads/%E0%A4%A", {}, 404],
    ["with an id that is too long", `/threads/${"x".repeat(600)}`, {}, 400],
    ["with another method", "/threads/x", { method: "PUT", json: {} }, 405],
    ["with a method that the path does not support", "/threads", { method: "DELETE" }, 405],
    ["without a type", "/threads/x", { method: "PATCH", body: "{}" }, 415],
    [
      "with the type of a form",
      "/threads/x/fork",
      { method: "POST", body: "{}", headers: { "content-type": "text/plain" } },
      415,
    ],
    [
      "with another type",
      "/threads/x/fork",
      { method: "POST", body: "{}", headers: { "content-type": "application/jsonp" } },
      415,
    ],
    [
      "with a body that is not JSON",
      "/threads/x",
      { method: "PATCH", body: "{", headers: JSON_HEADERS },
      400,
    ],
    [
      "with a body that is too long",
      "/threads/x",
      { method: "PATCH", json: { title: "x".repeat(2000) } },
      413,
    ],
  ])("%s", async (_, path, init, status) => {
    const { send, ann } = await setUp({ maxBodyBytes: 1000 });
    await ann.save("x", TEXT);
    const response = await send(path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status, title: expect.any(String) as string });
    expect(response.headers.get("allow")?.startsWith("GET, HEAD")).toBe(status === 405 ? true : undefined);
  });

  test("with a charset in its type is not", async () => {
    const { send, ann } = await setUp();
    await ann.save("x", TEXT);
    const headers = { "content-type": "application/merge-patch+json; charset=utf-8" };
    expect((await send("/threads/x", { method: "PATCH", body: '{"title":"ü"}', headers })).status).toBe(200);
  });
});

test.each(THREAD_STORE_ERROR_CODES)(
  "a store's %s is a problem, without the backend's details",
  async (code) => {
    const errors: unknown[] = [];
    const load = (): Promise<never> => Promise.reject(new ThreadStoreError(code, "The bucket threads-7."));
    const broken = { load, update: load, listPage: load } as unknown as ThreadStore;
    const { send } = await setUp({ authorize: () => broken, onError: (error) => void errors.push(error) });
    const response = await send("/threads/x");
    const problem = (await response.json()) as { status: number; code: string; detail?: string };
    expect(problem).toMatchObject({ status: response.status, code });
    expect(problem.detail === "The bucket threads-7.").toBe(response.status < 500);
    expect(response.headers.get("retry-after")).toBe(response.status === 503 ? "5" : null);
    expect(errors).toHaveLength(response.status >= 500 ? 1 : 0);
  },
);

test("a request that the client aborts is aborted in the store, and is not an error", async () => {
  const errors: unknown[] = [];
  const stop = new AbortController();
  const load = (_id: string, { signal }: { signal: AbortSignal }): Promise<never> => {
    stop.abort();
    return Promise.reject(signal.reason as Error);
  };
  const slow = { load, update: load, listPage: load } as unknown as ThreadStore;
  const handler = threadHandler({ authorize: () => slow, onError: (error) => void errors.push(error) });
  const { status } = await handler(new Request("http://localhost/threads/x", { signal: stop.signal }));
  expect([status, errors]).toEqual([499, []]);
});

test.each<[object, string]>([
  [{}, "authorize"],
  [{ authorize: () => memoryStore(), append: true }, "append"],
  [{ authorize: () => memoryStore(), onError: "log" }, "onError"],
  [{ authorize: () => memoryStore(), basePath: "threads" }, "basePath"],
  [{ authorize: () => memoryStore(), basePath: "/" }, "basePath"],
  [{ authorize: () => memoryStore(), basePath: "/a/" }, "basePath"],
  [{ authorize: () => memoryStore(), maxBodyBytes: 0 }, "maxBodyBytes"],
  [{ authorize: () => memoryStore(), onerror: () => undefined }, "onerror"],
])("the options %o are rejected", (options, name) => {
  expect(() => threadHandler(options as ThreadHandlerOptions)).toThrow(`\`${name}\``);
});
