import { setImmediate, setTimeout } from "node:timers/promises";
import { uiMessageStore } from "@threadstore/ai-sdk";
import { memoryStore } from "@threadstore/core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createPage, item } from "./page.test-helper.ts";
import { encodeMessage } from "./stored-message.ts";

type Loaded = readonly { readonly message: { readonly id: string }; readonly parentId: string | null }[];

const tree = (messages: Loaded): string[] =>
  messages.map(({ message: { id }, parentId }) => `${parentId ?? "-"}>${id}`);

const POLL = { timeout: 5000, interval: 2 };

/** A message and its parent; without one, a deletion. */
type StoredElement = readonly [id: string, parentId?: string | null];

/** A format in which a message is an object with an id. */
const FORMAT = {
  format: "test/v1",
  encode: ({ message }: { readonly message: { readonly id: string } }) => ({ ...message }),
  decode: (entry: { readonly parent_id: string | null; readonly content: object }) => ({
    parentId: entry.parent_id,
    message: entry.content as { readonly id: string },
  }),
  getId: ({ id }: { readonly id: string }) => id,
};

beforeAll(() => {
  // Backoff delays.
  vi.spyOn(Math, "random").mockReturnValue(0);
});

describe("the messages that a page stores", () => {
  it("survive a reload, with their branches, dates and nested messages", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    const agent = item("x", null, "nested", "assistant").message;
    const call = {
      ...item("b", "a", "", "assistant").message,
      content: [
        { type: "tool-call", toolCallId: "1", toolName: "t", args: {}, argsText: "{}", messages: [agent] },
      ],
    } as unknown as typeof agent;
    const stored = [item("a", null), { message: call, parentId: "a", runConfig: { custom: { model: "m" } } }];
    for (const each of [...stored, item("a2", null, "edited"), item("b2", "a2", "re", "assistant")]) {
      await history.append(each);
    }
    const { messages } = await createPage({ store: page.store }).open(thread.id()).history.load();
    expect(tree(messages)).toEqual(["->a", "a>b", "->a2", "a2>b2"]);
    expect(messages.slice(0, 2)).toEqual(stored);
    expect(page.requests).toHaveLength(4);
  });

  it("are replaced by updates in their place, and relinked by deletions", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    for (const each of [item("a", null), item("b", "a"), item("c", "b"), item("d", "c")]) {
      await history.append(each);
    }
    await history.update?.(item("b", "a", "changed"));
    await history.delete?.([item("b", "a"), item("c", "b")]);
    await history.delete?.([item("b", "a"), item("never stored", null)]);
    const { messages } = await page.open(thread.id()).history.load();
    expect(tree(messages)).toEqual(["->a", "a>d"]);
    await history.append(item("b", "d", "appended again"));
    expect(tree((await history.load()).messages)).toEqual(["->a", "a>d", "d>b"]);
  });

  it("are stored in the order in which they were appended, without waiting for each other", async () => {
    const page = createPage();
    const { history } = page.open();
    await Promise.all(
      ["a", "b", "c", "d"].map((id, index, ids) => history.append(item(id, ids[index - 1] ?? null))),
    );
    expect(tree((await history.load()).messages)).toEqual(["->a", "a>b", "b>c", "c>d"]);
  });

  it("of two tabs are branches of one conversation", async () => {
    const left = createPage();
    const first = left.open();
    await first.history.append(item("a", null));
    const second = createPage({ store: left.store }).open(first.thread.id());
    await Promise.all([first.history.append(item("b", "a")), second.history.append(item("c", "a"))]);
    const { messages } = await first.history.load();
    expect(tree(messages).toSorted()).toEqual(["->a", "a>b", "a>c"]);
  });

  it("of a tab follow the message before one that another tab deleted", async () => {
    const left = createPage();
    const first = left.open();
    for (const each of [item("a", null), item("b", "a"), item("c", "b")]) await first.history.append(each);
    const second = createPage({ store: left.store }).open(first.thread.id());
    await first.history.delete?.([item("c", "b"), item("b", "a")]);
    await second.history.append(item("d", "c"));
    await second.history.append(item("lost", "never stored"));
    const { messages } = await first.history.load();
    expect(tree(messages)).toEqual(["->a", "a>d", "d>lost"]);
  });

  it.each<[string, readonly StoredElement[], readonly string[]]>([
    [
      "follow a message that another tab deleted meanwhile",
      [["a", null], ["b", "a"], ["b"], ["c", "b"]],
      ["->a", "a>c"],
    ],
    [
      "follow several messages that were deleted",
      [["a", null], ["b", "a"], ["c", "b"], ["c"], ["b"], ["d", "c"]],
      ["->a", "a>d"],
    ],
    [
      "follow a message that was deleted and stored again",
      [["a", null], ["b", "a"], ["b"], ["b", null], ["c", "b"]],
      ["->a", "->b", "b>c"],
    ],
    [
      "follow a message that was never stored",
      [
        ["a", null],
        ["c", "b"],
        ["d", "c"],
      ],
      ["->a", "a>c", "c>d"],
    ],
    ["start with a message that was never stored", [["b", "a"]], ["->b"]],
    [
      "follow themselves",
      [
        ["a", null],
        ["b", "b"],
        ["c", "b"],
      ],
      ["->a", "->b", "b>c"],
    ],
    [
      "follow each other",
      [
        ["a", "b"],
        ["b", "a"],
        ["c", "b"],
      ],
      ["->a", "a>b", "b>c"],
    ],
    [
      "are stored before their parent",
      [
        ["b", "a"],
        ["a", null],
      ],
      ["a>b", "->a"],
    ],
  ])("are not lost if they %s", async (_name, elements, expected) => {
    const page = createPage();
    await page.store.save("x", {
      kind: "assistant-ui-messages",
      version: 1,
      messages: elements.map(([id, parentId]) =>
        parentId === undefined ? { id, deleted: true } : encodeMessage(item(id, parentId)),
      ),
    });
    const { messages } = await page.open("x").history.load();
    expect(tree(messages)).toEqual(expected);
  });

  it("include those that are being stored", async () => {
    const page = createPage({
      fault: async ({ method }) => (method === "POST" ? setTimeout(5, undefined) : undefined),
    });
    const { history, thread } = page.open();
    await thread.initialize();
    const appended = history.append(item("a", null));
    await setImmediate();
    expect(tree((await history.load()).messages)).toEqual(["->a"]);
    await appended;
  });

  it("of formats do not mix", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    const formatted = history.withFormat?.(FORMAT);
    await formatted?.append({ parentId: null, message: { id: "a" } });
    await formatted?.update?.({ parentId: "a", message: { id: "b" } }, "b");
    await history.append(item("native", null));
    const reopened = page.open(thread.id()).history;
    expect(tree((await reopened.withFormat?.(FORMAT).load())?.messages ?? [])).toEqual(["->a", "a>b"]);
    expect(tree((await reopened.load()).messages)).toEqual(["->native"]);
    await formatted?.delete?.([{ parentId: null, message: { id: "a" } }]);
    expect(tree((await formatted?.load())?.messages ?? [])).toEqual(["->b"]);
  });

  it("go to the thread that was pinned, after another one was opened", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    await history.append(item("a", null));
    let current: typeof thread | undefined = thread;
    const { history: other } = page.open();
    const switching = page.openWith(() => current).withFormat?.(FORMAT);
    switching?.pin?.();
    current = undefined;
    await switching?.append({ parentId: null, message: { id: "late" } });
    expect(tree((await history.withFormat?.(FORMAT).load())?.messages ?? [])).toEqual(["->late"]);
    expect((await other.load()).messages).toEqual([]);
  });

  it("are well-formed, and do not have files", async () => {
    const page = createPage();
    const { history } = page.open();
    const message = {
      ...item("a", null, "half \ud83d").message,
      attachments: [{ id: "f", file: new File(["x"], "x") }],
    };
    await history.append({ message: message as never, parentId: null });
    const { messages } = await history.load();
    expect(messages[0]?.message).toMatchObject({
      content: [{ text: "half \ufffd" }],
      attachments: [{ id: "f" }],
    });
    expect(messages[0]?.message.attachments?.[0]).not.toHaveProperty("file");
  });

  it("keep what is invalid in the messages of agents, and have valid dates", async () => {
    const page = createPage();
    const nested = [null, { id: "n", role: "assistant", content: [null] }, { content: [] }];
    const content = [{ type: "tool-call", messages: nested }];
    const message = { ...item("a", null).message, createdAt: "yesterday", content };
    const { history, thread } = page.open();
    await history.append({ message: message as never, parentId: null });
    const { messages } = await page.open(thread.id()).history.load();
    expect(messages[0]?.message).toMatchObject({ createdAt: new Date(0), content });
  });

  it("that JSON cannot represent are rejected", async () => {
    const { history } = createPage().open();
    const { message } = item("a", null);
    const unstorable = { ...message, metadata: { custom: { big: 1n } } } as unknown as typeof message;
    await expect(history.append({ message: unstorable, parentId: null })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "message",
    });
  });
});

describe("failures of the server", () => {
  it("keep the messages for the next append", async () => {
    const replies = [503, 503, 503, undefined, undefined, 401];
    const page = createPage({
      fault: () => {
        const status = replies.shift();
        return status === undefined ? undefined : new Response(null, { status });
      },
    });
    const { history } = page.open();
    await expect(history.append(item("a", null))).rejects.toMatchObject({ code: "BUSY", retryable: true });
    await history.append(item("b", "a"));
    await expect(history.append(item("c", "b"))).rejects.toMatchObject({ code: "SIGNED_OUT" });
    await history.append(item("d", "c"));
    expect(tree((await history.load()).messages)).toEqual(["->a", "a>b", "b>c", "c>d"]);
  });

  it("whose responses are lost store nothing twice", async () => {
    let isLost = true;
    const store = memoryStore();
    const server = createPage({ store });
    const page = createPage({
      store,
      fault: async (request) => {
        if (request.method !== "POST" || !isLost) return undefined;
        isLost = false;
        await server.forward(request);
        throw new TypeError("fetch failed");
      },
    });
    const { history, thread } = page.open();
    await history.append(item("a", null));
    expect(page.requests).toHaveLength(2);
    expect((await store.load(thread.id()))?.thread["messages"]).toHaveLength(1);
  });

  it("of which the response was lost do not undo what another tab did meanwhile", async () => {
    const store = memoryStore();
    const server = createPage({ store });
    let lost = 3;
    const page = createPage({
      store,
      fault: async (request) => {
        if (request.method !== "POST" || lost === 0) return undefined;
        lost -= 1;
        await server.forward(request);
        throw new TypeError("fetch failed");
      },
    });
    const { history, thread } = page.open();
    await expect(history.append(item("a", null))).rejects.toMatchObject({ code: "UNREACHABLE" });
    await createPage({ store })
      .open(thread.id())
      .history.update?.(item("a", null, "changed"));
    await history.append(item("b", "a"));
    const { messages } = await history.load();
    expect(tree(messages)).toEqual(["->a", "a>b"]);
    expect(messages[0]?.message.content).toEqual([{ type: "text", text: "changed" }]);
    expect((await store.load(thread.id()))?.thread["messages"]).toHaveLength(3);
  });

  it.each([
    ["is too large alone", 2 ** 20, { code: "TOO_LARGE" }, ["->a", "a>c"]],
    ["is too large together with them", 2 ** 19, undefined, ["->a", "a>b", "b>c"]],
  ] as const)("do not lose earlier messages if a later one %s", async (_name, length, error, expected) => {
    let failures = 3;
    const page = createPage({
      fault: () => (failures-- > 0 ? new Response(null, { status: 503 }) : undefined),
    });
    const { history } = page.open();
    await expect(history.append(item("a", null, "y".repeat(2 ** 19)))).rejects.toMatchObject({
      code: "BUSY",
    });
    const [outcome] = await Promise.allSettled([history.append(item("b", "a", "x".repeat(length)))]);
    expect(outcome).toMatchObject(error === undefined ? { status: "fulfilled" } : { reason: error });
    await history.append(item("c", "b"));
    expect(tree((await history.load()).messages)).toEqual(expected);
  });

  it("that are final do not keep a message that the server never accepts", async () => {
    const page = createPage();
    const { history } = page.open();
    await history.append(item("a", null));
    await expect(history.append(item("b", "a", "x".repeat(2 ** 20)))).rejects.toMatchObject({
      code: "TOO_LARGE",
      status: 413,
      problem: "BODY_TOO_LARGE",
    });
    await history.append(item("c", "a"));
    expect(tree((await history.load()).messages)).toEqual(["->a", "a>c"]);
  });

  it("do not create a thread again that another tab deleted", async () => {
    const page = createPage();
    const { history, thread } = page.open();
    await history.append(item("a", null));
    await createPage({ store: page.store }).list.delete(thread.id());
    await expect(history.append(item("b", "a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(history.load()).rejects.toMatchObject({ code: "NOT_FOUND" });
    await page.list.delete(thread.id());
    await expect(history.append(item("b", "a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await page.store.load(thread.id())).toBeUndefined();
    expect(page.errors.map(({ message }) => message)).toEqual(
      Array.from({ length: 3 }, () => "This conversation does not exist anymore."),
    );
  });

  describe.each([
    { title: "between two attempts", isApplied: true, attempt: 2, expected: "a success" },
    { title: "while an attempt creates it again", isApplied: true, attempt: 3, expected: "a success" },
    { title: "after the last attempt", isApplied: true, attempt: 4, expected: "UNREACHABLE" },
    { title: "before any attempt arrived", isApplied: false, attempt: 2, expected: "a success" },
  ])("of the first append, and another tab deletes the thread $title", ({ isApplied, attempt, expected }) => {
    it("do not create it again", async () => {
      const store = memoryStore();
      const server = createPage({ store });
      const other = createPage({ store });
      let attempts = 0;
      const page = createPage({
        store,
        fault: async (request) => {
          if (request.method !== "POST") return undefined;
          attempts += 1;
          if (attempts === attempt)
            await other.list.delete(new URL(request.url).pathname.split("/")[2] ?? "");
          if (attempts >= attempt) return undefined;
          if (isApplied) await server.forward(request);
          throw new TypeError("fetch failed");
        },
      });
      const { history, thread } = page.open();
      const outcome = await history.append(item("a", null)).then(
        () => "a success",
        (error: { readonly code: string }) => error.code,
      );
      expect(outcome).toBe(expected);
      if (attempt === 4) await other.list.delete(thread.id());
      // The tabs have told each other.
      await expect.poll(() => page.requests.at(-1), POLL).toBe(`DELETE /threads/${thread.id()}`);
      await expect(history.append(item("b", "a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await store.load(thread.id())).toBeUndefined();
      expect((await page.list.list()).threads).toEqual([]);
    });
  });

  it("do not delete a thread of another page, or create one that could not be deleted at once", async () => {
    const store = memoryStore();
    const server = createPage({ store });
    let isDown = true;
    const page = createPage({
      store,
      fault: async (request) => {
        if (!isDown || request.method === "GET") return undefined;
        if (request.method === "POST") await server.forward(request);
        return new Response("{}", { status: 500 });
      },
    });
    const kept = page.open();
    await expect(kept.history.append(item("a", null))).rejects.toMatchObject({ code: "SERVER_ERROR" });
    const { history, thread } = page.open();
    await expect(history.append(item("a", null))).rejects.toMatchObject({ code: "SERVER_ERROR" });
    const other = createPage({ store });
    await other.list.delete(thread.id());
    await expect.poll(() => page.requests.at(-1), POLL).toBe(`DELETE /threads/${thread.id()}`);
    isDown = false;
    await expect(history.append(item("b", "a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kept.history.append(item("b", "a"));
    expect(tree((await kept.history.load()).messages)).toEqual(["->a", "a>b"]);
    expect((await page.list.list()).threads.map(({ remoteId }) => remoteId)).toEqual([kept.thread.id()]);
  });

  it.each([
    ["$.kind", { kind: "other", messages: [] }, "THREAD_MISMATCH"],
    ["$.kind", { messages: [] }, "THREAD_MISMATCH"],
    ["$.version", { kind: "assistant-ui-messages", version: 2, messages: [] }, "THREAD_INVALID"],
    ["$.messages", { kind: "assistant-ui-messages", version: 1 }, "THREAD_INVALID"],
    ["$.messages[0]", { kind: "assistant-ui-messages", version: 1, messages: ["x"] }, "THREAD_INVALID"],
    [
      "$.messages[0].parent_id",
      { kind: "assistant-ui-messages", version: 1, messages: [{ id: "a", format: "f", content: {} }] },
      "THREAD_INVALID",
    ],
    [
      "message",
      {
        kind: "assistant-ui-messages",
        version: 1,
        messages: [{ id: "a", parent_id: null, format: "assistant-ui", content: {} }],
      },
      "THREAD_INVALID",
    ],
    ...[
      { content: [null] },
      { content: ["text"] },
      { content: [], role: "tool" },
      { content: [], id: "b" },
    ].map((members): [string, object, string] => [
      "message",
      {
        kind: "assistant-ui-messages",
        version: 1,
        messages: [
          {
            id: "a",
            parent_id: null,
            format: "assistant-ui",
            content: { message: { id: "a", role: "user", ...members } },
          },
        ],
      },
      "THREAD_INVALID",
    ]),
  ])("name %s of a thread that cannot be shown", async (path, stored, code) => {
    const page = createPage();
    await page.store.save("x", stored);
    await expect(page.open("x").history.load()).rejects.toMatchObject({ code, path });
  });
});

describe("the messages that the server stores", () => {
  it("are loaded in the form in which the AI SDK sends them, and never written", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const at = new Date("2026-11-30T09:00:00Z");
    const parts = [{ type: "text" as const, text: "Hi" }];
    await chats.appendTrusted("x", [
      {
        id: "a",
        role: "user",
        parts,
        metadata: { at, n: Number.NaN, o: { $date: "no date" }, q: { $x: { at } } },
      },
      { id: "b", role: "assistant", parts },
    ]);
    const page = createPage({ store, writer: "server" });
    const { history } = page.open("x");
    const formatted = history.withFormat?.(FORMAT);
    const loaded = await formatted?.load();
    expect(tree(loaded?.messages ?? [])).toEqual(["->a", "a>b"]);
    const sent: unknown = JSON.parse(JSON.stringify((await chats.load("x"))?.messages));
    expect(loaded?.messages.map(({ message }) => message)).toEqual(sent);
    await formatted?.append({ parentId: "b", message: { id: "forged" } });
    await history.append(item("forged", "b"));
    expect(formatted).not.toHaveProperty("delete");
    expect(page.requests).toEqual(["GET /threads/x"]);
    await expect(history.load()).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "writer" });
  });

  it.each([
    ["$.messages[0]", [null]],
    ["$.messages[0].id", [{ role: "user", parts: [] }]],
    ["$.messages[0].role", [{ id: "a", parts: [] }]],
    ["$.messages[0].parts", [{ id: "a", role: "user" }]],
  ])("name %s if it is invalid", async (path, messages) => {
    const page = createPage({ writer: "server" });
    await page.store.save("x", { kind: "ai-sdk-ui-messages", version: 1, messages });
    const load = page.open("x").history.withFormat?.(FORMAT).load();
    await expect(load).rejects.toMatchObject({ code: "THREAD_INVALID", path });
  });

  it("of a new thread are empty until the server stores it", async () => {
    const page = createPage({ writer: "server" });
    const { history, thread } = page.open();
    const formatted = history.withFormat?.(FORMAT);
    await expect(formatted?.load()).resolves.toEqual({ messages: [] });
    await thread.initialize();
    await expect(formatted?.load()).resolves.toEqual({ messages: [] });
    await expect(page.open("unknown").history.withFormat?.(FORMAT).load()).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
