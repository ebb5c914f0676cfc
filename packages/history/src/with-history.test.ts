import { withCompression } from "@threadstore/compression";
import { memoryStore } from "@threadstore/core";
import { METADATA_MAX_BYTES } from "@threadstore/core/decorator";
import { copyThreads } from "@threadstore/core/maintenance";
import { describe, expect, it } from "vitest";
import { memoryBackend, secret } from "./backend.test-helper.ts";
import type { HistoryStore } from "./history-store.ts";
import { withHistory } from "./with-history.ts";

const DAY = 86_400_000;

/** Saves the texts one after the other, and resolves with the versions. */
async function saveAll(
  store: HistoryStore,
  id: string,
  texts: readonly (object | string)[],
): Promise<string[]> {
  const versions: string[] = [];
  for (const text of texts) {
    const { version } = await store.save(id, text, { previous: versions.at(-1) });
    versions.push(version);
  }
  return versions;
}

/** Resolves with the JSON of all versions, the newest first. */
async function textsOf(store: HistoryStore, id: string): Promise<(string | undefined)[]> {
  const versions = await store.versions(id);
  return Promise.all(versions.map(async ({ version }) => (await store.loadVersion(id, version))?.json));
}

describe("versions", () => {
  it("are returned byte for byte, the newest first", async () => {
    const clock = { time: 1000 };
    const store = memoryBackend().open({ now: () => clock.time });
    const texts = ['{"messages":[ ]}', '{"messages":[ 1.0]}', '{"messages":[2,"\u00e9\\u00e9"]}', "{}"];
    const versions: string[] = [];
    for (const text of texts) {
      clock.time += 1000;
      versions.push((await store.save("a", text, { previous: versions.at(-1) })).version);
    }
    expect(await textsOf(store, "a")).toEqual(texts.toReversed());
    expect(await store.versions("a")).toEqual(
      texts
        .map((text, index) => ({
          version: versions[index],
          updatedAt: new Date(2000 + index * 1000),
          size: Buffer.byteLength(text),
          isCurrent: index === 3,
        }))
        .toReversed(),
    );
    const first = await store.loadVersion("a", { version: versions[1] ?? "" });
    expect(first).toEqual({
      id: "a",
      version: versions[1],
      updatedAt: new Date(3000),
      size: 19,
      isCurrent: false,
      json: texts[1],
      thread: { messages: [1] },
    });
    expect(first?.thread).toBe(first?.thread);
  });

  it("include those of appends, updates, overwrites and saves with a version only", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    await store.append("a", [1], { create: { n: [] } });
    await store.append("a", [2, 3]);
    await backend.open().append("a", [4]);
    await store.update("a", (current) => ({ ...current?.thread, n: [0] }));
    await store.save("a", { n: [9] }, { overwrite: true });
    const { version } = (await store.load("a")) ?? {};
    await backend.open().save("a", { n: [9, 9] }, { previous: version });
    expect(await textsOf(store, "a")).toEqual(
      ["9,9", "9", "0", "1,2,3,4", "1,2,3", "1"].map((n) => `{"n":[${n}]}`),
    );
  });

  it("include the state of a thread that was stored without history", async () => {
    const backend = memoryBackend();
    const json = '{"history":{"format":1}, "segments":[[0,0,"{}"]]}';
    const plain = await backend.openInner().save("a", json, { metadata: { title: "T" } });
    const store = backend.open();
    expect(await textsOf(store, "a")).toEqual([json]);
    expect(await store.prune("a")).toEqual({ versions: 0, bytes: 0 });
    const saved = await store.save("a", { n: 2 }, { previous: plain.version });
    expect(saved.metadata).toEqual({ title: "T" });
    expect(await textsOf(store, "a")).toEqual(['{"n":2}', json]);
    const versions = await store.versions("a");
    expect(versions.map(({ version }) => version)).toEqual([saved.version, plain.version]);
  });

  it.each(["append", "overwrite", "update"])("include such a state after an %s", async (method) => {
    const backend = memoryBackend();
    await backend.openInner().save("a", '{"n":[ 1]}');
    const store = backend.open();
    if (method === "append") await store.append("a", [2]);
    if (method === "overwrite") await store.save("a", '{"n":[ 1,2]}', { overwrite: true });
    if (method === "update") await store.update("a", () => '{"n":[ 1,2]}');
    expect(await textsOf(store, "a")).toEqual(['{"n":[ 1,2]}', '{"n":[ 1]}']);
  });

  it("do not change when metadata or expiry are touched, except for the current one's name", async () => {
    const store = memoryBackend().open();
    const [first] = await saveAll(store, "a", [{ n: 1 }, { n: 2 }]);
    const touched = await store.touch("a", { metadata: { title: "T" } });
    expect((await store.versions("a")).map(({ version }) => version)).toEqual([touched?.version, first]);
    expect(await textsOf(store, "a")).toEqual(['{"n":2}', '{"n":1}']);
  });

  it("do not change when metadata are touched, even if the next save removes versions", async () => {
    let time = 0;
    const store = memoryBackend().open({ keep: { ageMs: 1000 }, now: () => time });
    await saveAll(store, "a", [{ n: 1 }, { n: 2 }]);
    time = 2000;
    await store.touch("a", { metadata: { title: "T" } });
    expect(await textsOf(store, "a")).toEqual(['{"n":2}']);
    await store.save("a", { n: 3 }, { previous: await store.load("a") });
    expect(await textsOf(store, "a")).toEqual(['{"n":3}', '{"n":2}']);
  });

  it.each([
    ["stays as it is", { title: "T" }],
    ["becomes a log, because its metadata would be read as a head", { ".history": "a b", ".history~": "c" }],
  ])(
    "do not change when metadata of a thread that was stored without history are touched: it %s",
    async (_case, metadata) => {
      const backend = memoryBackend();
      const json = '{"n":[ 1]}';
      const plain = await backend.openInner().save("a", json, { metadata: { title: "S" } });
      const store = backend.open();
      const stale = store.touch("a", { metadata, previous: `${plain.version}0` });
      await expect(stale).rejects.toMatchObject({ code: "CONFLICT" });
      const touched = await store.touch("a", { metadata, previous: plain });
      expect(touched).toMatchObject({ metadata, size: 10 });
      expect(await store.load("a")).toMatchObject({ json, metadata, version: touched?.version });
      expect((await store.versions("a")).map(({ version }) => version)).toEqual([touched?.version]);
      expect((await backend.openInner().load("a"))?.json === json).toBe("title" in metadata);
      await store.append("a", [2]);
      expect(await textsOf(store, "a")).toEqual(['{"n":[ 1,2]}', json]);
      expect((await store.load("a"))?.metadata).toEqual(metadata);
    },
  );

  it("do not exist before the thread does, nor after it was deleted, erased or expired", async () => {
    let time = 0;
    const backend = memoryBackend();
    const store = backend.open({ now: () => time });
    const create = () => saveAll(store, "a", [{ n: 1 }, { n: 2 }]);
    const expectNone = async (version = ""): Promise<void> => {
      expect(await store.versions("a")).toEqual([]);
      expect(await store.loadVersion("a", version)).toBeUndefined();
      expect(await store.prune("a")).toBeUndefined();
      await expect(store.restore("a", version)).rejects.toMatchObject({ code: "CONFLICT" });
      await saveAll(store, "a", [{ n: 9 }]);
      expect(await textsOf(store, "a")).toEqual(['{"n":9}']);
      await store.delete("a");
    };
    await expectNone("never");
    const [deleted] = await create();
    await store.delete("a");
    await expectNone(deleted);
    const [erased] = await create();
    await store.erase();
    await expectNone(erased);
    const [expired] = await create();
    await store.touch("a", { ttlMs: 1000 });
    time += 1001;
    await expectNone(expired);
  });

  it("belong to their namespace", async () => {
    const store = memoryBackend().open();
    const view = store.namespace("x").namespace("y");
    await saveAll(store, "a", [{ n: 1 }]);
    const [first] = await saveAll(view, "a", [{ n: 2 }, { n: 3 }]);
    expect(await textsOf(view, "a")).toEqual(['{"n":3}', '{"n":2}']);
    expect(await textsOf(store.namespace("x").namespace("y"), "a")).toHaveLength(2);
    expect(await store.loadVersion("a", first ?? "")).toBeUndefined();
  });
});

describe("fork", () => {
  it("creates a thread from any version, whose metadata name the origin", async () => {
    const store = memoryBackend().open();
    const [first = "", second = ""] = await saveAll(store, "a", ['{"n":[ 1]}', '{"n":[ 2]}']);
    await store.touch("a", { metadata: { title: "T", forkedFrom: "other" } });
    const fork = await store.fork("a", first, "b");
    expect(fork).toMatchObject({
      id: "b",
      json: '{"n":[ 1]}',
      metadata: { title: "T", forkedFrom: "a", forkedFromVersion: first },
      expiresAt: undefined,
    });
    expect(await textsOf(store, "b")).toEqual(['{"n":[ 1]}']);
    const { version: current = "" } = (await store.load("a")) ?? {};
    const other = await store.fork("a", current, "c", { metadata: { title: "U" }, ttlMs: DAY });
    expect(other).toMatchObject({
      json: '{"n":[ 2]}',
      metadata: { title: "U", forkedFrom: "a", forkedFromVersion: current },
      expiresAt: expect.any(Date),
    });
    expect(second).not.toBe(current);
    const forks: string[] = [];
    for await (const { id } of store.list({ where: { forkedFrom: "a" } })) forks.push(id);
    expect(forks).toEqual(["b", "c"]);
  });

  it("says how to fork a thread whose metadata leave no space for the origin", async () => {
    const store = memoryBackend().open();
    const [version = ""] = await saveAll(store, "a", [{ n: 1 }]);
    const existing = await store.fork("a", version, "b");
    const metadata = { title: "T".repeat(METADATA_MAX_BYTES - 12) };
    const { version: current = "" } = (await store.touch("a", { metadata })) ?? {};
    await expect(store.fork("a", current, "c")).rejects.toMatchObject({
      code: "TOO_LARGE",
      id: "c",
      message: expect.stringMatching(/`forkedFrom` .* Pass shorter `metadata` to `fork`/u),
    });
    expect(await store.load("c")).toBeUndefined();
    expect((await store.fork("a", current, "c", { metadata: {} })).metadata).not.toHaveProperty("title");
    expect(await store.fork("a", current, "c")).toMatchObject({ id: "c" });
    expect(await store.fork("a", version, "b")).toMatchObject({ version: existing.version });
  });

  it("can be repeated, and never replaces a thread", async () => {
    const store = memoryBackend().open();
    const [first = "", second = ""] = await saveAll(store, "a", [{ n: 1 }, { n: 2 }]);
    await store.fork("a", first, "b");
    await store.save("b", { n: 3 }, { overwrite: true });
    expect(await store.fork("a", first, "b")).toMatchObject({ json: '{"n":3}' });
    await expect(store.fork("a", second, "b")).rejects.toMatchObject({ code: "CONFLICT", id: "b" });
    await expect(store.fork("a", first, "a")).rejects.toMatchObject({ code: "CONFLICT" });
    await saveAll(store, "c", [{ n: 4 }]);
    const { version: existing } = (await store.load("c")) ?? {};
    await expect(store.fork("a", first, "c")).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("Choose another id."),
      currentVersion: existing,
    });
    expect((await store.load("c"))?.json).toBe('{"n":4}');
    await store.delete("a");
    expect(await store.fork("a", first, "b")).toMatchObject({ json: '{"n":3}' });
    await expect(store.fork("a", first, "d")).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("does not outlive its source unless the caller says so", async () => {
    const store = memoryBackend().open();
    const expiresAt = new Date(Date.now() + DAY);
    const { version } = await store.save("a", { n: 1 }, { expiresAt });
    expect((await store.fork("a", version, "b")).expiresAt).toEqual(expiresAt);
    expect((await store.fork("a", version, "c", { expiresAt: null })).expiresAt).toBeUndefined();
  });
});

describe("restore", () => {
  it("saves a version as the newest one, and keeps what it replaces", async () => {
    const store = memoryBackend().open();
    const [first = ""] = await saveAll(store, "a", ['{"n":[ 1]}', '{"n":[ 1,2]}', '{"n":[ 3]}']);
    const restored = await store.restore("a", first, { metadata: { title: "T" } });
    expect(restored).toMatchObject({ json: '{"n":[ 1]}', metadata: { title: "T" } });
    expect(await textsOf(store, "a")).toEqual(["1", "3", "1,2", "1"].map((n) => `{"n":[ ${n}]}`));
    await expect(store.restore("a", "never")).rejects.toMatchObject({
      code: "CONFLICT",
      currentVersion: restored.version,
    });
  });
});

describe("diff", () => {
  it("names the members and elements that differ", async () => {
    const store = memoryBackend().open();
    const [first = "", second = ""] = await saveAll(store, "a", [
      { title: "T", gone: 1, messages: ["a", "b", { c: 1 }, "e"], same: [1] },
      { title: "U", messages: ["a", { c: 2 }, "d", "e"], same: [1], new: [2] },
    ]);
    expect(await store.diff("a", first, second)).toEqual({
      from: expect.objectContaining({ version: first, isCurrent: false }),
      to: expect.objectContaining({ version: second, isCurrent: true }),
      members: [
        { name: "title", start: undefined, removed: ["T"], added: ["U"] },
        { name: "messages", start: 1, removed: ["b", { c: 1 }], added: [{ c: 2 }, "d"] },
        { name: "new", start: undefined, removed: [], added: [[2]] },
        { name: "gone", start: undefined, removed: [1], added: [] },
      ],
    });
    expect((await store.diff("a", second, second)).members).toEqual([]);
    await expect(store.diff("a", first, "never")).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("copyThreads", () => {
  it("between stores with history copies the history, and can be repeated", async () => {
    const [from, to] = [memoryBackend().open(), memoryBackend().open()];
    const view = from.namespace("x");
    await saveAll(from, "a", ['{"n":[ 1]}', '{"n":[ 2]}', '{"n":[ 3]}']);
    await saveAll(view, "b", ['{"n":[ 4]}', '{"n":[ 5]}']);
    const metadata = { title: "T".repeat(METADATA_MAX_BYTES - 12) };
    await from.touch("a", { metadata });
    expect(await copyThreads(from, to)).toMatchObject({ copied: 2, skipped: 0 });
    expect(await textsOf(to, "a")).toEqual(['{"n":[ 3]}', '{"n":[ 2]}', '{"n":[ 1]}']);
    expect(await textsOf(to.namespace("x"), "b")).toEqual(['{"n":[ 5]}', '{"n":[ 4]}']);
    expect((await to.load("a"))?.metadata).toEqual(metadata);
    const past = async (store: HistoryStore) => (await store.versions("a")).slice(1);
    expect(await past(to)).toEqual(await past(from));
    expect(await copyThreads(from, to)).toMatchObject({ copied: 0, skipped: 2 });
    await to.append("a", [6]);
    expect(await textsOf(to, "a")).toHaveLength(4);
    await expect(copyThreads(from, to)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await copyThreads(from, to, { overwrite: true })).toMatchObject({ copied: 1, skipped: 1 });
    expect(await textsOf(to, "a")).toHaveLength(3);
  });

  it("to or from a store without history copies the current versions", async () => {
    const [from, plain, to] = [memoryBackend().open(), memoryStore(), memoryBackend().open()];
    await saveAll(from, "a", ['{"n":[ 1]}', '{"n":[ 2]}']);
    await copyThreads(from, plain);
    expect(await plain.load("a")).toMatchObject({ json: '{"n":[ 2]}', metadata: {} });
    await copyThreads(plain, to);
    expect(await textsOf(to, "a")).toEqual(['{"n":[ 2]}']);
  });
});

describe("retention", () => {
  it("returns no more versions than are kept", async () => {
    const store = memoryBackend().open({ keep: { versions: 3 } });
    const texts = Array.from({ length: 20 }, (_, n) => `{"n":${n}}`);
    const versions = await saveAll(store, "a", texts);
    expect(await textsOf(store, "a")).toEqual(texts.slice(-3).toReversed());
    expect(await store.loadVersion("a", versions.at(-4) ?? "")).toBeUndefined();
    await expect(store.fork("a", versions[0] ?? "", "b")).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("returns a version for a time after it was replaced", async () => {
    let time = 0;
    const store = memoryBackend().open({ keep: { ageMs: 10 * DAY }, now: () => time });
    const [first = ""] = await saveAll(store, "a", [{ n: 1 }]);
    time = 100 * DAY;
    await saveAll(store, "b", [{ n: 1 }]);
    await store.save("a", { n: 2 }, { overwrite: true });
    time = 105 * DAY;
    await store.save("a", { n: 3 }, { overwrite: true });
    time = 110 * DAY;
    expect(await textsOf(store, "a")).toEqual(['{"n":3}', '{"n":2}', '{"n":1}']);
    time = 110 * DAY + 1;
    expect(await textsOf(store, "a")).toEqual(['{"n":3}', '{"n":2}']);
    expect(await store.loadVersion("a", first)).toBeUndefined();
    time = 1000 * DAY;
    expect(await textsOf(store, "a")).toEqual(['{"n":3}']);
  });

  it("takes the time from the store, also through views and other layers", async () => {
    let time = 0;
    const inner = memoryStore({ now: () => time });
    const views = [withHistory(withCompression(inner)).namespace("x"), withHistory(inner.namespace("x"))];
    await views[0]?.update("a", () => ({ n: 1 }));
    time = DAY;
    await views[0]?.update("a", () => ({ n: 2 }));
    for (const [end, count] of [
      [31 * DAY, 2],
      [31 * DAY + 1, 1],
    ] as const) {
      time = end;
      expect(await views[0]?.versions("a")).toHaveLength(count);
    }
    await views[1]?.save("b", { n: 1 });
    time += DAY;
    await views[1]?.update("b", () => ({ n: 2 }));
    time += 30 * DAY;
    expect(await views[1]?.versions("b")).toHaveLength(2);
    time += 1;
    expect(await views[1]?.versions("b")).toHaveLength(1);
  });

  it("does not return a version for longer because later ones are touched", async () => {
    let time = 0;
    const backend = memoryBackend();
    const store = backend.open({ keep: { ageMs: 10 * DAY }, now: () => time });
    const text = secret();
    await saveAll(store, "a", [{ text }, { text: "public" }]);
    for (let day = 1; day <= 11; day += 1) {
      time = day * DAY;
      await store.touch("a", { metadata: { day: String(day) } });
      expect(await store.versions("a")).toHaveLength(day <= 10 ? 2 : 1);
    }
    await store.save("a", { text: "newest" }, { overwrite: true });
    expect(await textsOf(store, "a")).toEqual(['{"text":"newest"}', '{"text":"public"}']);
    expect(await store.prune("a")).toMatchObject({ versions: 1 });
    expect(await backend.textOf("a")).not.toContain(text);
  });

  it("uses whole milliseconds of a clock that is more precise", async () => {
    const store = memoryBackend().open({ now: () => 1000.5 });
    await saveAll(store, "a", [{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await textsOf(store, "a")).toEqual(['{"n":3}', '{"n":2}', '{"n":1}']);
  });

  it("returns versions up to an amount of removed text", async () => {
    const store = memoryBackend().open({ keep: { characters: 2500 } });
    const texts = ["a", "b", "c", "d"].map((letter) => JSON.stringify({ text: letter.repeat(1000) }));
    await saveAll(store, "a", texts);
    expect(await textsOf(store, "a")).toEqual(texts.slice(1).toReversed());
  });

  it("keeps only the current version if there shall be no other", async () => {
    const backend = memoryBackend();
    const store = backend.open({ keep: { versions: 1 } });
    const text = secret();
    await saveAll(store, "a", [{ text }, { text: "public" }]);
    expect(await textsOf(store, "a")).toEqual(['{"text":"public"}']);
    await saveAll(store, "b", [{ text }]);
    for (let n = 0; n < 3; n += 1) await store.save("b", { text: `public ${n}` }, { overwrite: true });
    expect(await backend.textOf("b")).not.toContain(text);
  });

  it("prunes threads with text that only JSON's escapes can represent", async () => {
    const store = memoryBackend().open({ keep: { versions: 1 } });
    const text = String.raw`{"n":["\ud800",{"\udc00":"\ud800"}]}`;
    await saveAll(store, "a", ["{}", text]);
    expect(await store.prune("a")).toMatchObject({ versions: 1 });
    expect((await store.load("a"))?.json).toBe(text);
  });

  it("removes the text of versions that are not kept when it is pruned", async () => {
    let time = 0;
    const backend = memoryBackend();
    const store = backend.open({ keep: { ageMs: 2 * DAY }, now: () => time });
    const [old, recent] = [secret(), secret()];
    const appendKey = { key: "k", create: { text: old, n: [] } };
    await store.append("a", [1], { ...appendKey, ttlMs: 100 * DAY, metadata: { title: "T" } });
    time = 2 * DAY;
    await store.save("a", { text: recent, n: [] }, { overwrite: true });
    time = 4.5 * DAY;
    const before = await store.save("a", { text: "now", n: [] }, { overwrite: true });
    expect(await store.prune("a")).toEqual({ versions: 1, bytes: expect.any(Number) });
    expect(await backend.textOf("a")).toContain(recent);
    expect(await backend.textOf("a")).not.toContain(old);
    const after = await store.load("a");
    expect({ ...after, version: "" }).toEqual({ ...before, version: "" });
    expect(after?.version).not.toBe(before.version);
    expect(await store.append("a", [1], appendKey)).toMatchObject({ appended: false });
    expect(await textsOf(store, "a")).toEqual([before.json, JSON.stringify({ text: recent, n: [] })]);
    time = 7 * DAY;
    backend.requests.length = 0;
    const { bytes = 0, versions } = (await store.prune("a")) ?? {};
    expect(versions).toBe(1);
    expect(bytes).toBeGreaterThan(40);
    expect(await backend.textOf("a")).not.toContain(recent);
    expect(backend.requests.map(({ operation }) => operation)).toEqual(["read", "write"]);
    expect(await store.prune("a")).toEqual({ versions: 0, bytes: 0 });
    expect(backend.requests.map(({ operation }) => operation)).toEqual(["read", "write", "read"]);
    await store.save("a", { n: 9 }, { previous: await store.load("a") });
    expect(await textsOf(store, "a")).toEqual(['{"n":9}', before.json]);
  });
});

describe("arguments", () => {
  it.each<[string, (store: HistoryStore) => Promise<unknown>]>([
    ["an empty id", (store) => store.versions("")],
    ["an unknown option", (store) => store.versions("a", { limit: 1 } as object)],
    ["an unknown option of a fork", (store) => store.fork("a", "v", "b", { overwrite: true } as object)],
    ["an unknown option of a restore", (store) => store.restore("a", "v", { previous: "v" } as object)],
    ["an unknown option of a diff", (store) => store.diff("a", "v", "w", { previous: "v" } as object)],
    ["an unknown option of a prune", (store) => store.prune("a", { keep: 1 } as object)],
    ["no version", (store) => store.loadVersion("a", undefined as never)],
    ["an empty version", (store) => store.fork("a", "", "b")],
    ["a version that is not text", (store) => store.diff("a", "v", { version: 1 } as never)],
    ["null", (store) => store.restore("a", null as never)],
    ["null as options", (store) => store.versions("a", null as never)],
    ["null as options of a fork", (store) => store.fork("a", "v", "b", null as never)],
    ["text as options of a restore", (store) => store.restore("a", "v", "b" as never)],
    ["null as options of a prune", (store) => store.prune("a", null as never)],
    ["an invalid timeout", (store) => store.versions("a", { timeoutMs: 0 })],
  ])("must not be %s", async (_title, call) => {
    const store = memoryBackend().open();
    await expect(call(store)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("of a closed store are not used", async () => {
    const store = memoryBackend().open();
    const view = store.namespace("x");
    await store.close();
    await expect(store.versions("a")).rejects.toMatchObject({ code: "CLOSED" });
    await expect(view.prune("a")).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("can be an aborted signal", async () => {
    const store = memoryBackend().open();
    const reason = new Error("stop");
    await expect(store.versions("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(store.prune("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("of withHistory must not be a store with history", () => {
    const store = withHistory(memoryStore());
    expect(() => withHistory(store)).toThrow("The store already has history. Call `withHistory` once.");
    expect(() => withHistory({} as never)).toThrow(TypeError);
  });

  it.each([
    [{ keep: 3 }, "`keep`"],
    [{ keep: null }, "`keep`"],
    [{ keep: { versions: 0 } }, "`keep.versions`"],
    [{ keep: { versions: 1.5 } }, "`keep.versions`"],
    [{ keep: { ageMs: -1 } }, "`keep.ageMs`"],
    [{ keep: { ageMs: Number.POSITIVE_INFINITY } }, "`keep.ageMs`"],
    [{ keep: { characters: -1 } }, "`keep.characters`"],
    [{ keep: { days: 1 } }, "days"],
    [{ limit: 1 }, "limit"],
    [{ now: 1 }, "`now`"],
    [{ maxThreadBytes: 1 }, "maxThreadBytes"],
  ])("of withHistory must not be %j", (options, message) => {
    expect(() => withHistory(memoryStore(), options as object)).toThrow(TypeError);
    expect(() => withHistory(memoryStore(), options as object)).toThrow(message);
  });
});
