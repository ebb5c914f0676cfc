import type { SessionKey, SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { memoryStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it, test } from "vitest";
import { marker, message, messages, newKey, title } from "./entries.test-helper.ts";
import { claudeSessionStore, SessionStoreError } from "./index.ts";

const key = newKey();

type Message = ReturnType<typeof message>;

function withoutUndefined(entry: object): SessionStoreEntry {
  return JSON.parse(JSON.stringify(entry)) as SessionStoreEntry;
}

describe("invalid arguments are rejected with a code and a path, before anything is written", () => {
  const keys: readonly [unknown, string][] = [
    [undefined, "key"],
    [null, "key"],
    ["key", "key"],
    [[], "key"],
    [{}, "key.projectKey"],
    [{ ...key, projectKey: "" }, "key.projectKey"],
    [{ ...key, projectKey: 1 }, "key.projectKey"],
    [{ ...key, projectKey: "\ud83d" }, "key.projectKey"],
    [{ ...key, sessionId: undefined }, "key.sessionId"],
    [{ ...key, sessionId: "" }, "key.sessionId"],
    [{ ...key, sessionId: "a\udc00" }, "key.sessionId"],
    [{ ...key, subpath: "" }, "key.subpath"],
    [{ ...key, subpath: null }, "key.subpath"],
    [{ ...key, subpath: {} }, "key.subpath"],
  ];
  const cycle: { [name: string]: unknown } = { type: "user" };
  cycle["self"] = cycle;
  const batches: readonly [unknown, string][] = [
    [undefined, "entries"],
    [null, "entries"],
    [{ length: 1 }, "entries"],
    ["entries", "entries"],
    [[undefined], "entries[0]"],
    [[message("a"), null], "entries[1]"],
    [[["user"]], "entries[0]"],
    [["user"], "entries[0]"],
    [[{}], "entries[0].type"],
    [[{ type: 1 }], "entries[0].type"],
    [[{ type: "user", uuid: "" }], "entries[0].uuid"],
    [[{ type: "user", uuid: null }], "entries[0].uuid"],
    [[{ type: "user", uuid: 7 }], "entries[0].uuid"],
    [[message("a"), message("b", { cost: Number.NaN })], "entries[1].cost"],
    [[message("a", { at: new Date(0) })], "entries[0].at"],
    [[message("a", { run: () => 1 })], "entries[0].run"],
    [[message("a", { big: 1n })], "entries[0].big"],
    [[message("a", { list: [1, undefined] })], "entries[0].list[1]"],
    [[cycle], "entries"],
  ];

  it.each(keys)("the key %j", async (invalid, path) => {
    const store = memoryStore();
    const sessions = claudeSessionStore({ store });
    const expected = { code: "INVALID_ARGUMENT", path, name: "SessionStoreError" };
    await expect(sessions.append(invalid as SessionKey, messages(1))).rejects.toMatchObject(expected);
    await expect(sessions.load(invalid as SessionKey)).rejects.toMatchObject(expected);
    await expect(sessions.delete(invalid as SessionKey)).rejects.toMatchObject(expected);
    expect((await store.namespaces()).namespaces).toEqual([]);
  });

  it.each(keys.filter(([, path]) => path !== "key.subpath"))(
    "the key %j of listSubkeys",
    async (invalid, path) => {
      const sessions = claudeSessionStore({ store: memoryStore() });
      const listing = sessions.listSubkeys(invalid as SessionKey);
      await expect(listing).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
    },
  );

  it.each(batches)("the entries %#", async (invalid, path) => {
    const store = memoryStore();
    const sessions = claudeSessionStore({ store });
    const appending = sessions.append(key, invalid as SessionStoreEntry[]);
    await expect(appending).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
    expect((await store.namespaces()).namespaces).toEqual([]);
  });

  it.each([undefined, "", 1, null])("the project key %j", async (invalid) => {
    const sessions = claudeSessionStore({ store: memoryStore() });
    const expected = { code: "INVALID_ARGUMENT", path: "projectKey" };
    await expect(sessions.listSessions(invalid as string)).rejects.toMatchObject(expected);
    await expect(sessions.listSessionSummaries(invalid as string)).rejects.toMatchObject(expected);
  });

  it.each([
    [undefined, "store"],
    [{ store: null }, "store"],
    [{ store: {} }, "store"],
    [{ store: memoryStore(), segmentBytes: 0 }, "segmentBytes"],
    [{ store: memoryStore(), segmentBytes: 1.5 }, "segmentBytes"],
    [{ store: memoryStore(), segmentBytes: "1" }, "segmentBytes"],
    [{ store: memoryStore(), segmentByte: 1 }, "segmentByte"],
  ])("the options %#", (options, path) => {
    const create = () => claudeSessionStore(options as { store: ReturnType<typeof memoryStore> });
    expect(create).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
  });

  it("never mentions what an entry contains", async () => {
    const sessions = claudeSessionStore({ store: memoryStore() });
    const error: unknown = await sessions
      .append(key, [message("confidential", { cost: Number.NaN })])
      .catch((e) => e);
    expect(SessionStoreError.is(error, "INVALID_ARGUMENT")).toBe(true);
    expect(JSON.stringify(error)).not.toContain("confidential");
  });
});

describe("entries that are too large", () => {
  it("together are stored in several threads", async () => {
    const sessions = claudeSessionStore({ store: memoryStore({ maxThreadBytes: 20_000 }) });
    const entries = messages(9, "x".repeat(3000));
    await sessions.append(key, entries);
    expect(await sessions.load(key)).toEqual(entries);
  });

  const large = message("x".repeat(30_000));
  const [a, b, c, d] = messages(4) as [Message, Message, Message, Message];
  const [plan, long] = [marker("plan"), title("t".repeat(9000))];
  it.each([
    ["alone", [large], []],
    ["first", [large, a, b], [a, b]],
    ["second", [a, large, b, c], [a, b, c]],
    ["last", [a, b, c, large], [a, b, c]],
    ["twice", [a, large, b, { ...large, uuid: "large" }, c, d], [a, b, c, d]],
    ["without a uuid", [a, { ...large, uuid: undefined }, b].map(withoutUndefined), [a, b]],
    ["next to entries without a uuid", [a, plan, plan, large, plan, b, plan], [a, plan, plan, plan, b, plan]],
    ["next to long ones", [a, long, plan, large, long, plan, plan], [a, long, plan, long, plan, plan]],
  ])("are rejected, and the others of the batch are stored, once: %s", async (_name, batch, stored) => {
    const each = newKey();
    const sessions = claudeSessionStore({ store: memoryStore({ maxThreadBytes: 20_000 }) });
    // As often as the SDK tries.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(sessions.append(each, batch)).rejects.toMatchObject({ code: "TOO_LARGE" });
      expect((await sessions.load(each)) ?? []).toEqual(stored);
    }
    await sessions.append(each, messages(1));
    expect(await sessions.load(each)).toHaveLength(stored.length + 1);
  });

  it("move what the thread has to a segment, even if segmentBytes would allow more", async () => {
    const store = memoryStore({ maxThreadBytes: 20_000 });
    const sessions = claudeSessionStore({ store, segmentBytes: 1_000_000 });
    const entries = messages(9, "x".repeat(12_000));
    for (const entry of entries) await sessions.append(key, [entry]);
    expect(await sessions.load(key)).toEqual(entries);
  });
});

describe("long names", () => {
  const longest = { projectKey: "p".repeat(220), sessionId: "s".repeat(100), subpath: "x".repeat(400) };
  const hashed = { projectKey: "é".repeat(500), sessionId: "é".repeat(500), subpath: "é".repeat(500) };

  it.each([longest, hashed])("fit below a namespace of 181 bytes", async (names) => {
    const sessions = claudeSessionStore({ store: memoryStore().namespace("n".repeat(181)) });
    const { subpath: _subpath, ...main } = names;
    for (const each of [main, names]) {
      await sessions.append(each, messages(2));
      expect(await sessions.load(each)).toHaveLength(2);
    }
    expect(await sessions.listSubkeys(main)).toEqual([names.subpath]);
    await sessions.delete(main);
    expect(await sessions.load(names)).toBeNull();
  });

  it("do not fit below a longer one", async () => {
    const sessions = claudeSessionStore({ store: memoryStore().namespace("n".repeat(182)) });
    await expect(sessions.append(longest, messages(1))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each(["sessionId", "subpath"])(
    "of 64,000 bytes can be a %s, and longer ones are rejected",
    async (member) => {
      const store = memoryStore();
      const sessions = claudeSessionStore({ store, segmentBytes: 1024 });
      const long = { ...key, [member]: "k".repeat(64_000) };
      for (let count = 0; count < 3; count++) await sessions.append(long, messages(4, "x".repeat(400)));
      expect(await sessions.load(long)).toHaveLength(12);
      const tooLong = { ...key, [member]: "k".repeat(65_536) };
      await expect(sessions.append(tooLong, messages(1))).rejects.toMatchObject({ code: "TOO_LARGE" });
      expect(await sessions.load(tooLong)).toBeNull();
    },
  );
});

describe("summaries", () => {
  it("that do not fit in the metadata are left out, and the session stays usable", async () => {
    const sessions = claudeSessionStore({ store: memoryStore() });
    await sessions.append(key, messages(1));
    await sessions.append(key, [{ type: "custom-title", customTitle: "t".repeat(70_000), uuid: "title" }]);
    await sessions.append(key, messages(1));
    expect(await sessions.load(key)).toHaveLength(3);
    expect(await sessions.listSessions(key.projectKey)).toHaveLength(1);
    // The SDK then summarizes the session from its entries.
    expect(await sessions.listSessionSummaries(key.projectKey)).toEqual([]);
  });

  it("that another program replaced are left out", async () => {
    for (const summary of ["", "{", "[]", "null"]) {
      const store = memoryStore();
      const sessions = claudeSessionStore({ store });
      await sessions.append(key, messages(1));
      await store.namespace(key.projectKey).touch(key.sessionId, { metadata: { summary } });
      expect(await sessions.listSessionSummaries(key.projectKey)).toEqual([]);
      expect(await sessions.listSessions(key.projectKey)).toHaveLength(1);
      await claudeSessionStore({ store }).append(key, messages(1));
      expect(await sessions.load(key)).toHaveLength(2);
    }
  });
});

describe("stored threads are untrusted", () => {
  const head = { format: "threadstore.thread", version: 1, kind: "claude-agent-transcript" };
  const rows: readonly [object, string, string, ("appended" | undefined)?][] = [
    [{}, "THREAD_MISMATCH", "$.format"],
    [{ ...head, kind: "chat", segments: [], entries: [] }, "THREAD_MISMATCH", "$.kind"],
    [{ ...head, version: 2, segments: [], entries: [] }, "THREAD_TOO_NEW", "$.version"],
    [{ ...head, version: 0, segments: [], entries: [] }, "THREAD_INVALID", "$.version"],
    [{ ...head, entries: [] }, "THREAD_INVALID", "$.segments"],
    [{ ...head, segments: [1], entries: [] }, "THREAD_INVALID", "$.segments[0]"],
    [{ ...head, segments: [], anchor: 1, entries: [] }, "THREAD_INVALID", "$.anchor"],
    [{ ...head, segments: [] }, "THREAD_INVALID", "$.entries"],
    [{ ...head, segments: [], entries: [{ type: "a" }, {}] }, "THREAD_INVALID", "$.entries[1]"],
    [{ ...head, segments: [], entries: [{ json: "{" }] }, "THREAD_INVALID", "$.entries[0]"],
    [{ ...head, segments: [], entries: [{ json: "[]" }] }, "THREAD_INVALID", "$.entries[0]"],
    ...[[], 1, { a: 0 }, { a: 1.5 }, { a: "1" }, { a: 200, b: 51 }].map(
      (sinceAnchor): [object, string, string] => [
        { ...head, segments: [], sinceAnchor, entries: [] },
        "THREAD_INVALID",
        "$.sinceAnchor",
      ],
    ),
    // An append does not read segments.
    [
      { ...head, segments: ["missing"], entries: [{ type: "a" }] },
      "THREAD_INVALID",
      "$.segments[0]",
      "appended",
    ],
  ];
  it.each(rows)("%j", async (thread, code, path, appended) => {
    const store = memoryStore();
    await store.namespace(key.projectKey).save(key.sessionId, thread);
    const sessions = claudeSessionStore({ store });
    await expect(sessions.load(key)).rejects.toMatchObject({ code, path });
    const appending = sessions.append(key, messages(1)).then(
      () => "appended",
      (error: unknown) => (error as SessionStoreError).path,
    );
    expect(await appending).toBe(appended ?? path);
    await sessions.delete(key);
    expect(await sessions.load(key)).toBeNull();
  });

  test("members of later versions are kept", async () => {
    const store = memoryStore();
    const later = { ...head, later: { a: 1 }, segments: [], entries: [{ type: "a", text: "x".repeat(200) }] };
    await store.namespace(key.projectKey).save(key.sessionId, later);
    const sessions = claudeSessionStore({ store, segmentBytes: 100 });
    for (const entry of messages(3)) await sessions.append(key, [entry]);
    const stored = await store.namespace(key.projectKey).load(key.sessionId);
    expect(stored?.thread).toMatchObject({
      later: { a: 1 },
      segments: [expect.any(String), expect.any(String), expect.any(String)],
    });
    expect(await sessions.load(key)).toHaveLength(4);
  });
});

test("a corrupt session stays in the list, without a time, and loading it rejects", async () => {
  const records: Parameters<typeof memoryStore>[0] & object = { records: new Map() };
  const sessions = claudeSessionStore({ store: memoryStore(records) });
  await sessions.append(key, messages(1));
  for (const threads of records.records?.values() ?? []) {
    for (const [id, record] of threads) threads.set(id, { ...record, bytes: record.bytes.slice(0, -9) });
  }
  expect(await sessions.listSessions(key.projectKey)).toEqual([{ sessionId: key.sessionId, mtime: 0 }]);
  expect(await sessions.listSessionSummaries(key.projectKey)).toEqual([]);
  await expect(sessions.load(key)).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CORRUPT"));
  await sessions.delete(key);
  expect(await sessions.listSessions(key.projectKey)).toEqual([]);
});

test("sessions do not expire, because their parts would not expire together", async () => {
  let now = 1_800_000_000_000;
  const store = memoryStore({ ttlMs: 1000, now: () => now });
  const sessions = claudeSessionStore({ store, segmentBytes: 300 });
  const entries = messages(5);
  for (const entry of entries) await sessions.append(key, [entry]);
  now += 10_000;
  expect(await sessions.load(key)).toEqual(entries);
});

test("a process that appends to many sessions forgets the oldest, and recognizes repetitions all the same", async () => {
  const sessions = claudeSessionStore({ store: memoryStore() });
  const entries = messages(2);
  const keys = Array.from({ length: 300 }, () => newKey({ projectKey: "p" }));
  for (const each of keys) await sessions.append(each, entries);
  for (const each of keys.slice(0, 3)) {
    await sessions.append(each, entries);
    expect(await sessions.load(each)).toEqual(entries);
  }
});
