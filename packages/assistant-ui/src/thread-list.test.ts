import { setImmediate } from "node:timers/promises";
import { memoryStore } from "@threadstore/core";
import { AssistantMessageStream } from "assistant-stream";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readOptions } from "./options.ts";
import { createPage, item, type TestPage } from "./page.test-helper.ts";
import { ThreadApiError } from "./thread-api-error.ts";
import { defaultTitle } from "./title.ts";

async function newThread(page: TestPage, text = "Hello"): Promise<string> {
  const { history, thread } = page.open();
  await history.append(item("a", null, text));
  return thread.id();
}

async function readTitle(page: TestPage, id: string, text = "What is\n a thread? "): Promise<string> {
  const stream = AssistantMessageStream.fromAssistantStream(
    await page.list.generateTitle(id, [item("a", null, text).message]),
  );
  let title = "";
  for await (const { parts } of stream) {
    for (const part of parts) title = part.type === "text" ? part.text : title;
  }
  return title;
}

beforeAll(() => {
  // Backoff delays.
  vi.spyOn(Math, "random").mockReturnValue(0);
});

describe("the thread list", () => {
  it("has every thread once, the latest first, page by page", async () => {
    let time = Date.now();
    // The order of threads that are saved in the same millisecond is another one.
    const page = createPage({ store: memoryStore({ now: () => (time += 1) }), pageSize: 2 });
    const ids = [await newThread(page), await newThread(page), await newThread(page)];
    const first = await page.list.list();
    expect(first.threads.map(({ remoteId, status }) => [remoteId, status])).toEqual([
      [ids[2], "regular"],
      [ids[1], "regular"],
    ]);
    expect(first.threads[0]?.lastMessageAt).toBeInstanceOf(Date);
    const second = await page.list.list({ after: first.nextCursor });
    expect(second.threads.map(({ remoteId }) => remoteId)).toEqual([ids[0]]);
    expect(second).not.toHaveProperty("nextCursor");
  });

  it("has no thread without messages", async () => {
    const page = createPage();
    await page.list.initialize("local");
    expect(await page.list.list()).toEqual({ threads: [] });
    expect(page.requests).toEqual(["GET /threads"]);
  });

  it("renames, archives, restores and deletes", async () => {
    const page = createPage();
    const id = await newThread(page);
    await page.list.rename(id, "Half \ud83d");
    await page.list.archive(id);
    expect(await page.list.fetch(id)).toMatchObject({
      remoteId: id,
      status: "archived",
      title: "Half \ufffd",
    });
    await page.list.unarchive(id);
    expect((await page.list.list()).threads).toMatchObject([{ status: "regular", title: "Half \ufffd" }]);
    await page.list.delete(id);
    await page.list.delete(id);
    expect((await page.list.list()).threads).toEqual([]);
    expect(page.errors).toEqual([]);
  });

  it("shows the metadata that the server keeps, and threads that are corrupt", async () => {
    const page = createPage({
      fault: () =>
        Response.json({
          threads: [
            { id: "a", metadata: { owner: "o" } },
            { id: "b", corrupt: true },
          ],
        }),
    });
    expect((await page.list.list()).threads).toEqual([
      {
        remoteId: "a",
        status: "regular",
        title: undefined,
        lastMessageAt: undefined,
        custom: { owner: "o" },
      },
      { remoteId: "b", status: "regular", title: undefined, lastMessageAt: undefined },
    ]);
  });

  it("encodes ids, and rejects those that no URL can contain", async () => {
    const page = createPage();
    await page.store.save("a/b?c#d é", { messages: [] });
    expect(await page.list.fetch("a/b?c#d é")).toMatchObject({ remoteId: "a/b?c#d é" });
    for (const id of ["", ".", "..", "\ud83d"]) {
      await expect(page.list.fetch(id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "threadId" });
      await expect(page.list.delete(id)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        path: "threadId",
      });
    }
  });

  it("waits for the first message before it renames or deletes a new thread", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    const { remoteId } = await thread.initialize();
    const appended = history.append(item("a", null));
    await setImmediate();
    await page.list.rename(remoteId, "Early");
    await appended;
    expect(await page.list.fetch(remoteId)).toMatchObject({ title: "Early" });
    const second = history.append(item("b", "a"));
    await setImmediate();
    await page.list.delete(remoteId);
    await second;
    expect(await page.store.load(remoteId)).toBeUndefined();
  });
});

describe("titles", () => {
  it("are the beginning of the first question, and stored", async () => {
    const page = createPage();
    const id = await newThread(page);
    expect(await readTitle(page, id)).toBe("What is a thread?");
    expect(await page.list.fetch(id)).toMatchObject({ title: "What is a thread?" });
  });

  it("do not replace one that the user chose, also meanwhile", async () => {
    const store = memoryStore();
    const other = createPage({ store });
    const id = await newThread(other);
    const page = createPage({
      store,
      title: async () => {
        await other.list.rename(id, "Mine");
        return "Generated";
      },
    });
    expect(await readTitle(page, id)).toBe("Mine");
    expect(await readTitle(page, id)).toBe("Mine");
    expect(await page.list.fetch(id)).toMatchObject({ title: "Mine" });
  });

  it("are empty for a thread that the server has not stored yet, and if there is nothing to say", async () => {
    const page = createPage({ writer: "server", title: () => "" });
    const { remoteId } = await page.list.initialize("local");
    expect(await readTitle(page, remoteId)).toBe("");
    await page.store.save(remoteId, { messages: [] });
    expect(await readTitle(page, remoteId)).toBe("");
    expect(page.errors).toEqual([]);
  });

  it("report what fails", async () => {
    const page = createPage({ fault: () => Response.json({ code: "FORBIDDEN" }, { status: 403 }) });
    await expect(page.list.generateTitle("x", [])).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(page.errors).toHaveLength(1);
  });

  it.each([
    ["", ""],
    ["  a \n b  ", "a b"],
    ["word ".repeat(30), `${"word ".repeat(11).trim()}…`],
    ["x".repeat(100), `${"x".repeat(59)}…`],
    ["😀".repeat(100), `${"😀".repeat(59)}…`],
  ])("of %j are %j", (text, title) => {
    expect(defaultTitle([item("a", null, "answer", "assistant").message, item("b", "a", text).message])).toBe(
      title,
    );
  });
});

describe("responses that fail", () => {
  const html = "<!doctype html><title>Sign in</title>";
  const cases: readonly [status: number, body: string, code: string, message: RegExp, attempts?: number][] = [
    [200, html, "INVALID_RESPONSE", /sign in again/u],
    [200, "[]", "INVALID_RESPONSE", /unexpected response/u],
    [200, "", "INVALID_RESPONSE", /unexpected response/u],
    [200, '{"threads":{}}', "INVALID_RESPONSE", /unexpected response/u],
    [200, '{"threads":[{"id":1}]}', "INVALID_RESPONSE", /unexpected response/u],
    [200, '{"threads":[{"id":"a","title":1}]}', "INVALID_RESPONSE", /unexpected response/u],
    [200, '{"threads":[{"id":"a","metadata":[]}]}', "INVALID_RESPONSE", /unexpected response/u],
    [304, "", "INVALID_RESPONSE", /unexpected response/u],
    [400, '{"code":"REQUEST_INVALID"}', "REJECTED", /did not accept/u],
    [401, html, "SIGNED_OUT", /Sign in again/u],
    [403, '{"code":"FORBIDDEN"}', "FORBIDDEN", /not allowed/u],
    [404, '{"code":"NOT_FOUND"}', "NOT_FOUND", /does not exist/u],
    [409, '{"code":"CONFLICT"}', "CONFLICT", /changed somewhere else/u],
    [412, '{"code":"PRECONDITION_FAILED"}', "CONFLICT", /changed somewhere else/u],
    [413, html, "TOO_LARGE", /too long/u],
    [422, '{"code":7}', "REJECTED", /did not accept/u],
    [429, "", "BUSY", /busy/u, 3],
    [500, '{"code":"UNEXPECTED"}', "SERVER_ERROR", /Try again later/u],
    [502, html, "BUSY", /busy/u, 3],
    [503, '{"code":"UNAVAILABLE"}', "BUSY", /busy/u, 3],
  ];

  it.each(cases)("with %i %j are reported as %s", async (status, body, code, message, attempts = 1) => {
    const page = createPage({
      fault: () => new Response(status === 304 ? null : body, { status }),
    });
    const error: unknown = await page.list.list().catch((reason: unknown) => reason);
    expect(ThreadApiError.is(error)).toBe(true);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(page.errors).toEqual([error]);
    expect(page.requests).toHaveLength(attempts);
    expect(JSON.stringify(error)).not.toContain("doctype");
  });

  it("because there is no connection are repeated", async () => {
    let failures = 2;
    const page = createPage({
      fault: () => {
        if (failures === 0) return undefined;
        failures -= 1;
        throw new TypeError("fetch failed");
      },
    });
    expect(await page.list.list()).toEqual({ threads: [] });
    failures = 3;
    await expect(page.list.list()).rejects.toMatchObject({ code: "UNREACHABLE", retryable: true });
  });

  it("because they take too long are reported", async () => {
    const page = createPage({
      timeoutMs: 1,
      fault: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    });
    await expect(page.list.list()).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  it("in the middle of a body are reported", async () => {
    const body = (): ReadableStream =>
      new ReadableStream({
        pull(controller) {
          controller.error(new TypeError("terminated"));
        },
      });
    const page = createPage({ fault: () => new Response(body()) });
    await expect(page.list.list()).rejects.toMatchObject({ code: "UNREACHABLE", status: 200 });
  });

  it("do not hide errors of the application", async () => {
    const page = createPage({
      headers: () => {
        throw new RangeError("no token");
      },
    });
    await expect(page.list.list()).rejects.toThrow(RangeError);
  });
});

it("sends the headers of the application", async () => {
  const seen: (string | null)[] = [];
  const page = createPage({
    headers: () => Promise.resolve({ authorization: "Bearer t" }),
    fault: ({ headers }) => {
      seen.push(headers.get("authorization"));
      return undefined;
    },
  });
  await newThread(page);
  expect(seen).toEqual(["Bearer t"]);
});

it.each([
  ["url", { url: "" }],
  ["url", { url: "///" }],
  ["url", { url: "/threads?user=1" }],
  ["url", { url: 7 }],
  ["writer", { writer: "both" }],
  ["writer", { writer: undefined }],
  ["title", { title: "x" }],
  ["headers", { headers: {} }],
  ["fetch", { fetch: "x" }],
  ["onError", { onError: 1 }],
  ["pageSize", { pageSize: 0 }],
  ["pageSize", { pageSize: 101 }],
  ["timeoutMs", { timeoutMs: 1.5 }],
  ["timeoutMs", { timeoutMs: 2 ** 31 }],
  ["onerror", { onerror: () => undefined }],
] as const)("rejects an invalid %s", (path, invalid) => {
  const options = { url: "/threads", writer: "page", ...invalid } as never;
  expect(() => readOptions(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
});
