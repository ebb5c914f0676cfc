// What the page reads: namespaces, lists, conversations, versions.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "@threadstore/file-system";
import { withHistory } from "@threadstore/history";
import { ThreadStoreSaver } from "@threadstore/langgraph";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../cli/cli.test-helper.ts";
import { walk } from "../walk/walk.ts";
import { FAULTY, ownThread, problemOf, startViewer } from "./viewer.test-helper.ts";

const folder = temporaryFolder();
const DATA_URL = /^"data:application\/octet-stream;base64,\w+"$/u;

it("the session says what the viewer can do", async () => {
  const plain = await startViewer({ label: "sqlite:threads.db" });
  expect(await plain.json("/api/session")).toEqual({
    store: "sqlite:threads.db",
    write: false,
    history: false,
    version: expect.stringMatching(/^\d+\./u) as string,
  });
  const writable = await startViewer({ write: true, store: withHistory(memoryStore()) });
  expect(await writable.json("/api/session")).toMatchObject({ write: true, history: true });
});

describe("namespaces", () => {
  it("are listed level by level, with names of any characters", async () => {
    const { store, json } = await startViewer();
    const names = ["e/u", "100%", "ü ?&=#", "..", "%2F"];
    for (const name of names) await store.namespace("acme").namespace(name).save(`in ${name}`, {});
    expect(await json("/api/namespaces")).toEqual({ namespaces: [{ name: "acme", namespace: "acme" }] });
    const { namespaces } = (await json("/api/namespaces?namespace=acme")) as {
      namespaces: { name: string; namespace: string }[];
    };
    expect(new Set(namespaces.map(({ name }) => name))).toEqual(new Set(names));
    for (const { name, namespace } of namespaces) {
      const query = `namespace=${encodeURIComponent(namespace)}`;
      expect(await json(`/api/threads?${query}`)).toMatchObject({ threads: [{ id: `in ${name}` }] });
      const path = `/api/threads/${encodeURIComponent(`in ${name}`)}/conversation?${query}`;
      expect(await json(path)).toMatchObject({ summary: { id: `in ${name}` } });
    }
  });

  it("continue with a cursor", async () => {
    const { store, json } = await startViewer();
    for (let index = 0; index < 120; index += 1) await store.namespace(`n${index}`).save("a", {});
    const first = (await json("/api/namespaces")) as { namespaces: object[]; cursor: string };
    const second = (await json(`/api/namespaces?cursor=${first.cursor}`)) as typeof first;
    expect(first.namespaces.length + second.namespaces.length).toBe(120);
    expect(second.cursor).toBeUndefined();
  });

  it.each([
    "namespace=a/",
    "namespace=/a",
    "namespace=a//b",
    "namespace=%25zz",
    "namespace=a&namespace=b",
    `namespace=${"x".repeat(600)}`,
    "cursor=forged",
  ])("that are invalid are rejected: %s", async (query) => {
    const { send } = await startViewer();
    const response = await send(`/api/namespaces?${query}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json",
    ]);
  });
});

it("a list has the filters of the thread API, and addresses of the next page with the namespace", async () => {
  const { store, send, json } = await startViewer({ basePath: "/admin" });
  const acme = store.namespace("acme");
  await acme.save("order-1", {}, { metadata: { owner: "ann", title: "First" } });
  await acme.save("order-2", {}, { metadata: { owner: "ann" } });
  await acme.save("other", {}, { metadata: { owner: "bob" } });
  const filtered = "/admin/api/threads?namespace=acme&prefix=order&metadata.owner=ann";
  expect(await json(filtered)).toMatchObject({ threads: [{}, {}] });
  expect(await json(`${filtered}&metadata.title=First`)).toMatchObject({ threads: [{ title: "First" }] });
  const { headers } = await send(`${filtered}&limit=1`);
  const link = /<(.*)>; rel="next"/u.exec(headers.get("link") ?? "")?.[1] ?? "";
  expect(((await json(link)) as { threads: object[] }).threads).toHaveLength(1);
});

describe("a conversation", () => {
  it("has its parts with their places, the findings in them, and the entity tag of the thread", async () => {
    const { store, send, json } = await startViewer();
    const { version, size } = await store.save("a", FAULTY, { metadata: { title: "Weather", owner: "ann" } });
    expect(await json("/api/threads/a/conversation")).toMatchObject({
      form: "chat",
      summary: { id: "a", title: "Weather", version, size, metadata: { owner: "ann" } },
      entries: [
        { kind: "text", role: "user", text: "How warm is it?", index: 0, path: "$.messages[0].content" },
        { kind: "call", id: "c1", name: "weather", index: 1, path: "$.messages[1].tool_calls[0]" },
        { kind: "text", role: "user", text: "Well?", index: 2, path: "$.messages[2].content" },
      ],
      openTurn: null,
      check: "checked",
      findings: [{ code: "result-missing", path: "$.messages[1].tool_calls[0]", index: 1 }],
    });
    expect((await send("/api/threads/a/conversation")).headers.get("etag")).toBe(`"${version}"`);
  });

  it("of an older version has the current title, although a browser has the version in its cache", async () => {
    const { store, send } = await startViewer({ store: withHistory(memoryStore()) });
    const older = await store.save("a", FAULTY, { metadata: { title: "First" } });
    const newer = await store.save("a", { messages: [] }, { previous: older, metadata: { title: "First" } });
    await store.touch("a", { previous: newer, metadata: { title: "Second" } });
    const headers = { "if-none-match": `"${older.version}"` };
    const response = await send(`/api/threads/a/conversation?version=${older.version}`, { headers });
    expect(await response.json()).toMatchObject({
      summary: { title: "Second", version: older.version },
      entries: [{}, {}, {}],
    });
  });

  it("has the open turn, and the approvals of its calls", async () => {
    const { store, json } = await startViewer();
    const calls = ["c1", "c2", "c3"].map((id) => ({
      id,
      type: "function",
      function: { name: "x", arguments: "{}" },
    }));
    const states = [
      { callId: "c1", state: "approval-needed" },
      { callId: "c2", state: "denied" },
      { callId: "c3", state: "started", approved: true },
    ];
    await store.save(
      "a",
      ownThread("chat", {
        agent: "Assistant",
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: null, tool_calls: calls },
        ],
        turn: { id: "t", start: 0, input: 1, rounds: 1, calls: states },
      }),
    );
    expect(await json("/api/threads/a/conversation")).toMatchObject({
      openTurn: { phase: "waiting", calls: ["c1", "c2", "c3"] },
      entries: [{}, { approval: "requested" }, { approval: "denied" }, { approval: "approved" }],
    });
  });

  it("of Agent Framework has the places of the stored thread, where its findings are", async () => {
    const { store, json } = await startViewer();
    const golden = join(
      import.meta.dirname,
      "../../../agent-framework/src/golden/csharp-session-tool-call.json",
    );
    const session = JSON.parse(await readFile(golden, "utf8")) as {
      stateBag: { InMemoryChatHistoryProvider: { messages: { role: string }[] } };
    };
    const { InMemoryChatHistoryProvider: history } = session.stateBag;
    await store.save("whole", session);
    history.messages = history.messages.filter(({ role }) => role !== "tool");
    await store.save("a", session);
    const place = "$.stateBag.InMemoryChatHistoryProvider.messages";
    expect(await json("/api/threads/a/conversation")).toMatchObject({
      form: "agent-framework",
      entries: [
        { kind: "text", path: `${place}[0]`, index: 0 },
        { kind: "call", path: `${place}[1].contents[0]`, index: 1 },
        { kind: "text", path: `${place}[2]`, index: 2 },
      ],
      check: "checked",
      findings: [{ code: "result-missing", path: `${place}[1].contents[0]`, index: 1 }],
    });
    expect(await json("/api/threads/whole/conversation")).toMatchObject({
      entries: [{}, {}, { kind: "result", path: `${place}[2].contents[0]`, index: 2 }, {}],
      findings: [],
    });
  });

  it("of Agent Framework has the open turn of pending approvals", async () => {
    const { store, json } = await startViewer();
    const golden = join(
      import.meta.dirname,
      "../../../agent-framework/src/golden/csharp-session-fn-approval-pending.json",
    );
    await store.save("a", await readFile(golden, "utf8"));
    const { openTurn, entries } = (await json("/api/threads/a/conversation")) as {
      openTurn: object;
      entries: { kind: string; id?: string }[];
    };
    const call = entries.find(({ kind }) => kind === "call");
    expect(call).toMatchObject({ approval: "requested" });
    expect(openTurn).toEqual({ phase: "waiting", calls: [call?.id] });
  });

  it("of LangGraph is checked with the values that are stored in other namespaces", async () => {
    const { store, json } = await startViewer();
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(0),
      channel_values: { text: "x".repeat(5000) },
      channel_versions: { text: 1 },
    };
    const config = { configurable: { thread_id: "t", checkpoint_ns: "" } };
    const metadata = { source: "loop", step: 0, parents: {} } as const;
    await new ThreadStoreSaver({ store: store.namespace("app") }).put(config, checkpoint, metadata, {
      text: 1,
    });
    const values: [ThreadStore, string][] = [];
    let path = "";
    for await (const { namespaces, view, threads } of walk(store)) {
      for (const { id } of threads) {
        const kind = (await view.load(id))?.thread["kind"];
        const query = `namespace=${encodeURIComponent(namespaces.map(encodeURIComponent).join("/"))}`;
        if (kind === "langgraph-value") values.push([view, id]);
        if (kind === "langgraph-checkpoint")
          path = `/api/threads/${encodeURIComponent(id)}/conversation?${query}`;
      }
    }
    expect(await json(path)).toMatchObject({ check: "checked", findings: [] });
    expect(values).toHaveLength(1);
    for (const [view, id] of values) await view.delete(id);
    expect(await json(path)).toMatchObject({
      findings: [{ code: "THREAD_INVALID", path: "$.channels.text" }],
    });
  });

  it("of an unknown form is none, and is still loaded as JSON", async () => {
    const { store, json } = await startViewer();
    await store.save("a", { state: 1 });
    expect(await json("/api/threads/a/conversation")).toMatchObject({
      form: null,
      entries: [],
      check: "unknown",
      findings: [],
    });
    expect(await json("/api/threads/a")).toEqual({ state: 1 });
  });

  it.each([
    "<script>alert(1)</script>",
    "\u0000\u001b[2J\u202e",
    "</textarea><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "__proto__",
  ])("with hostile content is data: %j", async (text) => {
    const { store, send } = await startViewer();
    const id = `${text}/..`;
    const messages = [
      {
        role: text,
        content: [
          { type: text, [text]: text },
          { type: "text", text },
        ],
      },
      { role: "assistant", tool_calls: [{ id: text, function: { name: text, arguments: text } }] },
      { role: "user", content: [{ type: "image_url", image_url: { url: text } }] },
      { role: "user", content: [{ type: "file", file: { filename: text, file_data: text } }] },
    ];
    await store.save(id, { messages }, { metadata: { title: text, [text]: text } });
    const path = `/api/threads/${encodeURIComponent(id)}/conversation`;
    const response = await send(path);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    const { entries } = (await response.json()) as { entries: Record<string, unknown>[] };
    expect(entries).toContainEqual(expect.objectContaining({ kind: "text", text, role: text }));
    const links = entries.flatMap(({ url, data, source }) => [url, data, source]);
    expect(links.filter((link) => link !== undefined && !DATA_URL.test(JSON.stringify(link)))).toEqual([]);
  });

  it("that is nested deeply, or is large, is answered", async () => {
    const { store, send } = await startViewer();
    for (const depth of [900, 50_000]) {
      const content = "[".repeat(depth) + "]".repeat(depth);
      const message = `{"role":"user","content":${content}}`;
      await store.save(`deep${depth}`, `{"messages":[${message}]}`);
      await store.save(
        `own${depth}`,
        `{"format":"threadstore.thread","version":1,"kind":"chat","messages":[${message}]}`,
      );
      await store.save(`other${depth}`, `{"state":${content}}`);
      for (const id of ["deep", "own", "other"]) {
        const response = await send(`/api/threads/${id}${depth}/conversation`);
        expect(response.status, `${id} ${depth}`).toBe(200);
      }
    }
    const messages = Array.from({ length: 5000 }, () => ({ role: "user", content: "x".repeat(1000) }));
    await store.save("large", { messages });
    const { entries } = (await (await send("/api/threads/large/conversation")).json()) as {
      entries: object[];
    };
    expect(entries).toHaveLength(5000);
  });

  it("of a missing thread, and with a missing version, is 404", async () => {
    const { send, store } = await startViewer({ store: withHistory(memoryStore()) });
    await store.save("a", {});
    const path = "/api/threads/a/conversation";
    expect(await problemOf(await send("/api/threads/b/conversation"))).toEqual([404, "NOT_FOUND"]);
    expect(await problemOf(await send(`${path}?version=x`))).toEqual([404, "VERSION_NOT_FOUND"]);
    expect(await problemOf(await send(`${path}?version=x&version=y`))).toEqual([400, "REQUEST_INVALID"]);
  });
});

it("a corrupt thread is marked in lists, reported by its code, and can be deleted", async () => {
  const store = fileSystemStore({ folder: join(folder(), "corrupt") });
  await store.save("broken", { messages: [] });
  const files = await readdir(join(folder(), "corrupt"), { recursive: true, withFileTypes: true });
  const file = files.find((each) => each.isFile() && each.name.endsWith(".segment"));
  await writeFile(join(file?.parentPath ?? "", file?.name ?? ""), "{}");
  await store.save("whole", {});
  const errors: unknown[] = [];
  const { send, json } = await startViewer({
    store,
    write: true,
    onError: (error) => void errors.push(error),
  });
  const { threads } = (await json("/api/threads")) as { threads: { id: string; version: string }[] };
  const broken = threads.find(({ id }) => id === "broken");
  expect(threads).toHaveLength(2);
  expect(broken).toMatchObject({ corrupt: true });
  for (const action of ["", "/conversation", "/repair"]) {
    expect(await problemOf(await send(`/api/threads/broken${action}`))).toEqual([500, "CORRUPT"]);
  }
  expect(errors.length).toBeGreaterThan(0);
  const version = broken?.version ?? "";
  expect((await send("/api/threads/broken", { method: "DELETE", version })).status).toBe(204);
  expect(await json("/api/threads")).toMatchObject({ threads: [{ id: "whole" }] });
  await store.close();
});

describe("versions", () => {
  it("are listed, shown and compared, if the store keeps them", async () => {
    const { store, json, send } = await startViewer({ store: withHistory(memoryStore()) });
    const user = { role: "user", content: "Hi" };
    const first = await store.save("a", { messages: [user] }, { metadata: { title: "Chat" } });
    const longer = { messages: [user, { role: "assistant", content: "Ho" }] };
    const second = await store.save("a", longer, { previous: first });
    const { versions } = (await json("/api/threads/a/versions")) as { versions: { version: string }[] };
    expect(versions).toEqual([
      { version: second.version, size: second.size, savedAt: expect.stringMatching(/Z$/u) as string },
      { version: first.version, size: first.size, savedAt: expect.stringMatching(/Z$/u) as string },
    ]);
    expect(
      await json(`/api/threads/a/conversation?version=${encodeURIComponent(first.version)}`),
    ).toMatchObject({
      summary: { version: first.version, size: first.size, title: "Chat" },
      entries: [{ text: "Hi" }],
    });
    const text = await send(`/api/threads/a?version=${encodeURIComponent(first.version)}`);
    expect([await text.text(), text.headers.get("content-type"), text.headers.get("etag")]).toEqual([
      JSON.stringify({ messages: [user] }),
      "application/json",
      `"${first.version}"`,
    ]);
    const headers = { "if-none-match": `"${first.version}"` };
    expect((await send(`/api/threads/a?version=${first.version}`, { headers })).status).toBe(304);
    expect(await problemOf(await send("/api/threads/a?version=missing"))).toEqual([404, "VERSION_NOT_FOUND"]);
    const [from, to] = [first, second].map(({ version }) => encodeURIComponent(version));
    expect(await json(`/api/threads/a/diff?from=${from}&to=${to}`)).toMatchObject({
      from: first.version,
      to: second.version,
      members: [{ name: "messages", start: 1, removed: [], added: [{ content: "Ho" }] }],
    });
    for (const [query, problem] of [
      [`from=${from}`, [400, "REQUEST_INVALID"]],
      [`from=${from}&to=`, [400, "REQUEST_INVALID"]],
      [`from=${from}&to=missing`, [404, "VERSION_NOT_FOUND"]],
    ] as const) {
      expect(await problemOf(await send(`/api/threads/a/diff?${query}`)), query).toEqual(problem);
    }
    expect(await problemOf(await send("/api/threads/b/versions"))).toEqual([404, "NOT_FOUND"]);
  });

  it("are a problem with a code if it does not", async () => {
    const { store, send } = await startViewer();
    const { version } = await store.save("a", {});
    for (const path of [
      "/versions",
      `/diff?from=${version}&to=${version}`,
      `/conversation?version=${version}`,
      `?version=${version}`,
    ]) {
      expect(await problemOf(await send(`/api/threads/a${path}`)), path).toEqual([404, "NO_HISTORY"]);
    }
  });
});
