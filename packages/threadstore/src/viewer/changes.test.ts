// What the page changes: only with `write`, and only the version that the user has seen.
import { memoryStore } from "@threadstore/core";
import { withHistory } from "@threadstore/history";
import { describe, expect, it } from "vitest";
import { FAULTY, type Init, ownThread, problemOf, type Send, startViewer } from "./viewer.test-helper.ts";

/** Each change of a thread, without the version. */
const CHANGES: readonly (readonly [string, string, Init])[] = [
  ["a rename", "", { method: "PATCH", json: { title: "New" } }],
  ["a deletion", "", { method: "DELETE" }],
  ["a fork", "/fork", { method: "POST", json: { id: "copy" } }],
  ["a repair", "/repair", { method: "POST", json: { policy: "drop" } }],
];

async function start(): Promise<{ send: Send; state: () => Promise<unknown>; version: string }> {
  const { send, store } = await startViewer({ write: true });
  const { version } = await store.save("a", FAULTY);
  const state = async (): Promise<unknown> => {
    const stored = await store.load("a");
    return [stored?.version, stored?.json, (await store.listPage()).threads.length];
  };
  return { send, state, version };
}

describe.each(CHANGES)("%s", (_, action, init) => {
  const path = `/api/threads/a${action}`;

  it("is rejected without `write`", async () => {
    const { send, store } = await startViewer();
    const { version } = await store.save("a", FAULTY);
    const response = await send(path, { ...init, version });
    expect(await problemOf(response)).toEqual([403, "READ_ONLY"]);
    expect([(await store.load("a"))?.version, (await store.listPage()).threads.length]).toEqual([version, 1]);
  });

  it.each([
    ["no version", {}, 428],
    ["any version", { "if-match": "*" }, 428],
    ["another version", { "if-match": '"other"' }, 412],
    ["a weak tag", { "if-match": 'W/"VERSION"' }, 412],
    ["a tag without quotes", { "if-match": "VERSION" }, 412],
    ["a condition that it does not support", { "if-match": '"VERSION"', "if-none-match": '"x"' }, 400],
    ["another site", { "if-match": '"VERSION"', "sec-fetch-site": "cross-site" }, 403],
    ["another port", { "if-match": '"VERSION"', "sec-fetch-site": "same-site" }, 403],
  ])("with %s changes nothing", async (_name, headers, status) => {
    const { send, state, version } = await start();
    const before = await state();
    const sent = Object.entries(headers).map(([name, value]) => [name, value.replace("VERSION", version)]);
    const response = await send(path, {
      ...init,
      headers: Object.fromEntries(sent) as Record<string, string>,
    });
    expect(response.status).toBe(status);
    expect(await state()).toEqual(before);
  });

  it("with the version is made", async () => {
    const { send, state, version } = await start();
    const before = await state();
    const headers = { "sec-fetch-site": "same-origin" };
    expect((await send(path, { ...init, version, headers })).ok).toBe(true);
    expect(await state()).not.toEqual(before);
  });

  it("of a missing thread is rejected", async () => {
    const { send } = await startViewer({ write: true });
    expect([404, 412]).toContain((await send(path, { ...init, version: "v" })).status);
  });

  it("of the same version by many pages is made once", async () => {
    const { send, version } = await start();
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_each, index) => {
        const json =
          action === "/fork"
            ? { id: "copy" }
            : action === "" && init.json
              ? { title: `${index}` }
              : init.json;
        return send(path, { ...init, version, ...(json === undefined ? {} : { json }) });
      }),
    );
    const statuses = responses.map(({ status }) => status);
    expect(statuses.filter((status) => status < 300)).toHaveLength(1);
    expect(statuses.filter((status) => status >= 300 && ![404, 409, 412].includes(status))).toEqual([]);
  });
});

describe("a repair", () => {
  it("says what it would change, and changes that", async () => {
    const { send, store, json } = await startViewer({ write: true });
    const metadata = { title: "Weather" };
    const { version } = await store.save("a", FAULTY, { metadata });
    const dry = await json("/api/threads/a/repair?policy=drop");
    expect(dry).toMatchObject({
      changes: [
        {
          code: "result-missing",
          message: "The call does not have a result.",
          remedy: "A repair drops the call and its otherwise empty message.",
          index: 1,
        },
      ],
    });
    expect((await store.load("a"))?.version).toBe(version);
    const init = { method: "POST", version, json: { policy: "drop" } };
    const response = await send("/api/threads/a/repair", init);
    const stored = await store.load("a");
    expect(await response.json()).toEqual({ ...(dry as object), version: stored?.version });
    expect(response.headers.get("etag")).toBe(`"${stored?.version}"`);
    expect(stored).toMatchObject({ metadata, thread: { messages: [{ role: "user" }, { role: "user" }] } });
    expect(await json("/api/threads/a/repair")).toEqual({ changes: [] });
  });

  it("writes nothing if there is nothing to repair", async () => {
    const { send, store } = await startViewer({ write: true });
    const { version } = await store.save("a", ownThread("chat", { agent: "A", messages: [] }));
    const response = await send("/api/threads/a/repair", { method: "POST", version, json: {} });
    expect(await response.json()).toEqual({ changes: [], version });
  });

  it("of another form, or of a thread that is invalid, is a problem with a code", async () => {
    const { send, store } = await startViewer({ write: true });
    await store.save("state", { state: 1 });
    await store.save("invalid", { ...FAULTY, version: 99 });
    expect(await problemOf(await send("/api/threads/state/repair"))).toEqual([409, "NOT_REPAIRABLE"]);
    expect(await problemOf(await send("/api/threads/invalid/repair"))).toEqual([409, "NOT_REPAIRABLE"]);
    expect((await send("/api/threads/state/repair?policy=x")).status).toBe(400);
  });
});

describe("a fork", () => {
  it("copies a thread without the keys of its turns", async () => {
    const { send, store } = await startViewer({ write: true });
    const acme = store.namespace("acme");
    const messages = [{ role: "user", content: "Hi" }];
    const keys = [{ value: "k", input: "x", start: 0, end: 1 }];
    const { version } = await acme.save("a", ownThread("chat", { agent: "A", messages, keys }));
    const init = { method: "POST", version, json: { id: "a copy" } };
    const response = await send("/api/threads/a/fork?namespace=acme", init);
    expect([response.status, response.headers.get("location")]).toEqual([
      201,
      "/api/threads/a%20copy?namespace=acme",
    ]);
    expect((await acme.load("a copy"))?.thread).toEqual(ownThread("chat", { agent: "A", messages }));
  });

  it.each([
    ["an open turn", { messages: [], turn: { id: "t" } }],
    ["a conversation of a service", { messages: [], service: { conversation: "c" } }],
    ["a history elsewhere", { history: { id: "h" } }],
  ])("of a thread with %s is rejected", async (_, members) => {
    const { send, store } = await startViewer({ write: true, store: withHistory(memoryStore()) });
    const { version } = await store.save("a", ownThread("chat", { agent: "A", ...members }));
    for (const json of [{ id: "b" }, { id: "b", version }]) {
      const response = await send("/api/threads/a/fork", { method: "POST", version, json });
      expect(await problemOf(response)).toEqual([409, "AGENT_THREAD"]);
    }
    expect(await store.load("b")).toBeUndefined();
  });

  it("continues an earlier version, and can be repeated", async () => {
    const { send, store } = await startViewer({ write: true, store: withHistory(memoryStore()) });
    const first = await store.save("a", { messages: [{ role: "user", content: "Hi" }] });
    const { version } = await store.save("a", { messages: [] }, { previous: first });
    const json = { id: "b", version: first.version };
    for (const _ of [1, 2]) {
      const response = await send("/api/threads/a/fork", { method: "POST", version, json });
      expect([response.status, response.headers.get("location")]).toEqual([201, "/api/threads/b"]);
    }
    expect(await store.load("b")).toMatchObject({ json: first.json, metadata: { forkedFrom: "a" } });
    for (const [body, status] of [
      [{ id: "c", version: "missing" }, 404],
      [{ id: "a", version: first.version }, 409],
      [{ id: "..", version: first.version }, 400],
      [{ id: "c", version: 7 }, 400],
      [{ id: "c", other: 1 }, 400],
    ] as const) {
      const response = await send("/api/threads/a/fork", { method: "POST", version, json: body });
      expect(response.status, JSON.stringify(body)).toBe(status);
    }
  });
});

describe("an erase", () => {
  it("deletes a namespace with all namespaces in it, and responds with a receipt", async () => {
    const { send, store, json } = await startViewer({ write: true, label: "memory" });
    await store.save("kept", {});
    await store.namespace("acme").save("a", { n: 1 });
    await store.namespace("acme").namespace("e/u").save("b", {});
    await store.namespace("acme2").save("kept", {});
    const response = await send("/api/namespaces?namespace=acme", { method: "DELETE" });
    expect(await response.json()).toMatchObject({
      store: "memory",
      namespace: "acme",
      threads: 2,
      bytes: 9,
      finishedAt: expect.any(String) as string,
    });
    expect(await json("/api/namespaces")).toMatchObject({ namespaces: [{ name: "acme2" }] });
    expect(await store.load("kept")).toBeDefined();
  });

  it("is rejected without `write`, of the whole store, and from other sites", async () => {
    for (const [write, query, headers, problem] of [
      [false, "?namespace=acme", {}, [403, "READ_ONLY"]],
      [true, "", {}, [400, "ERASE_REFUSED"]],
      [true, "?namespace=", {}, [400, "ERASE_REFUSED"]],
      [true, "?namespace=acme", { "sec-fetch-site": "cross-site" }, [403, "FORBIDDEN"]],
    ] as const) {
      const { send, store } = await startViewer({ write });
      await store.namespace("acme").save("a", {});
      const response = await send(`/api/namespaces${query}`, { method: "DELETE", headers });
      expect(await problemOf(response)).toEqual(problem);
      expect(await store.namespace("acme").load("a")).toBeDefined();
    }
  });
});

it("bodies that are not JSON, too large or of another type are rejected", async () => {
  const { send, state, version } = await start();
  const before = await state();
  for (const action of ["", "/fork", "/repair"]) {
    const method = action === "" ? "PATCH" : "POST";
    const path = `/api/threads/a${action}`;
    const text = await send(path, { method, version, json: {}, headers: { "content-type": "text/plain" } });
    expect(await problemOf(text), action).toEqual([415, "UNSUPPORTED_TYPE"]);
    expect((await send(path, { method, version, json: [] })).status).toBe(400);
    const large = await send(path, { method, version, json: { id: "x".repeat(100_000) } });
    expect(await problemOf(large), action).toEqual([413, "BODY_TOO_LARGE"]);
  }
  expect(await state()).toEqual(before);
});
