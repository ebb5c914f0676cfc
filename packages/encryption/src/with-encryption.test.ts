import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "./backend.test-helper.ts";
import { envelopeKeys } from "./keys/envelope-keys.ts";
import type { KeyProvider } from "./keys/key-provider.ts";
import type { KeyService } from "./keys/key-service.ts";
import { staticKeys } from "./keys/static-keys.ts";
import type { EncryptionOptions } from "./options.ts";
import { withEncryption } from "./with-encryption.ts";

const bytes = { old: randomBytes(32), new: randomBytes(32) };
const keys = staticKeys({ current: "old", keys: { old: bytes.old } });
const rotated = staticKeys({ current: "new", keys: bytes });

function open(backend: Backend, options: Partial<EncryptionOptions> = {}): ThreadStore {
  return withEncryption(backend.open(), { keys, ...options });
}

/** Returns the id of the key of a stored thread. */
async function keyIdOf(backend: Backend, id: string): Promise<unknown> {
  const stored = await backend.open().load(id);
  return (stored?.thread["encryption"] as { key?: unknown } | undefined)?.key;
}

describe("a stored thread", () => {
  it("contains no plaintext, and is what was saved", async () => {
    const backend = memoryBackend();
    const store = open(backend);
    const thread = { messages: ["a secret message"] };
    await store.save("a", thread, { metadata: { title: "visible" } });
    await store.append("a", ["another secret"]);
    const records = [...(backend.records.get("")?.values() ?? [])].map((record) => Buffer.from(record.bytes));
    expect(records.length).toBe(1);
    expect(records.some((record) => record.includes("secret"))).toBe(false);
    expect(records.some((record) => record.includes("visible"))).toBe(true);
    const loaded = await open(backend).load("a");
    expect(loaded).toMatchObject({
      thread: { messages: ["a secret message", "another secret"] },
      metadata: { title: "visible" },
    });
    expect(JSON.stringify(loaded) + inspect(loaded, { depth: 9 })).not.toContain(
      bytes.old.toString("base64"),
    );
  });

  it('contains no metadata with `metadata: "sealed"`, and listings decrypt and filter it', async () => {
    const backend = memoryBackend();
    const store = open(backend, { metadata: "sealed" });
    for (const owner of ["mallory", "alice"]) await store.save(owner[0] ?? "", {}, { metadata: { owner } });
    await store.touch("a", { metadata: { owner: "alice", title: "T" } });
    const records = [...(backend.records.get("")?.values() ?? [])].map((record) => Buffer.from(record.bytes));
    expect(records.some((record) => /mallory|alice|owner/u.test(record.toString("latin1")))).toBe(false);
    const page = await open(backend, { metadata: "sealed" }).listPage({
      where: { owner: "alice" },
      metadata: true,
    });
    expect(page.threads).toMatchObject([{ id: "a", metadata: { owner: "alice", title: "T" } }]);
    expect((await open(backend).listPage({ metadata: true })).threads).toMatchObject([
      { metadata: { owner: "alice" } },
      { metadata: { owner: "mallory" } },
    ]);
  });
});

describe("a record that a party with access to the backend changed", () => {
  async function twoThreads(): Promise<Backend> {
    const backend = memoryBackend();
    const store = open(backend);
    for (const id of ["a", "b"]) {
      const saved = await store.save(id, { messages: [id] });
      await store.save(id, { messages: [id, "more"] }, { previous: saved });
    }
    return backend;
  }

  /** Replaces a record by one that a store without the key writes. */
  async function replace(
    backend: Backend,
    id: string,
    change: (json: string) => string,
    of = id,
  ): Promise<void> {
    const store = backend.open();
    const stored = await store.load(of);
    if (stored === undefined) throw new Error("There is no record.");
    const { json, metadata } = stored;
    await store.save(id, change(json), { metadata, overwrite: true });
  }

  it.each<[string, (backend: Backend) => Promise<void>]>([
    ["moved to another id", (backend) => replace(backend, "a", (json) => json, "b")],
    ["truncated", (backend) => replace(backend, "a", (json) => json.replace(/,"[^"]*"\]/u, "]"))],
    ["changed", (backend) => replace(backend, "a", (json) => json.replace(/\["./u, '["~'))],
    ["without encryption", (backend) => replace(backend, "a", () => '{"messages":["forged"]}')],
    [
      "without encryption and metadata",
      async (backend) =>
        void (await backend.open().save("a", { messages: ["forged"] }, { overwrite: true, metadata: {} })),
    ],
  ])("is CORRUPT for every call, and can be replaced or deleted: %s", async (_, change) => {
    const backend = await twoThreads();
    await change(backend);
    const before = (await backend.open().load("a"))?.version;
    const store = open(backend);
    await expect(store.load("a")).rejects.toMatchObject({
      code: "CORRUPT",
      operation: "load",
      id: "a",
      namespace: "",
    });
    await expect(store.update("a", () => ({}))).rejects.toMatchObject({ code: "CORRUPT" });
    expect((await backend.open().load("a"))?.version).toBe(before);
    expect((await store.load("b"))?.thread).toEqual({ messages: ["b", "more"] });
    await store.save("a", { messages: ["new"] }, { overwrite: true });
    expect((await open(backend).load("a"))?.thread).toEqual({ messages: ["new"] });
    await change(backend);
    expect(await store.delete("a")).toBe(true);
  });

  it("is CORRUPT if a namespace was copied to another one", async () => {
    const backend = memoryBackend();
    await open(backend).namespace("alice").save("a", { secret: 1 });
    const stored = await backend.open().namespace("alice").load("a");
    if (stored === undefined) throw new Error("There is no record.");
    await backend.open().namespace("mallory").save("a", stored.json, { metadata: stored.metadata });
    await expect(open(backend).namespace("mallory").load("a")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

describe("a view of the store that is passed to `withEncryption`", () => {
  const encryptedView = (backend: Backend, name: string): ThreadStore =>
    withEncryption(backend.open().namespace(name), { keys });

  it("is the same as a view of the result", async () => {
    const backend = memoryBackend();
    await encryptedView(backend, "alice").save("a", { n: 1 });
    await encryptedView(backend, "alice").namespace("x").save("a", { n: 2 });
    const view = open(backend).namespace("alice");
    expect((await view.load("a"))?.thread).toEqual({ n: 1 });
    expect((await view.namespace("x").load("a"))?.thread).toEqual({ n: 2 });
    await view.append("b", ["x"], { create: { messages: [] } });
    expect((await encryptedView(backend, "alice").load("b"))?.thread).toEqual({ messages: ["x"] });
  });

  it("does not read a record of another view", async () => {
    const backend = memoryBackend();
    await encryptedView(backend, "alice").save("a", { secret: 1 });
    const stored = await backend.open().namespace("alice").load("a");
    await backend
      .open()
      .namespace("mallory")
      .save("a", stored?.json ?? "", { metadata: stored?.metadata });
    await expect(encryptedView(backend, "mallory").load("a")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

describe("rotation", () => {
  it.each([
    ["save", async (store: ThreadStore) => store.update("a", () => ({ messages: ["x", "y"] }))],
    ["append", async (store: ThreadStore) => store.append("a", ["y"])],
  ])("encrypts the whole thread with the current key: %s", async (_, change) => {
    const backend = memoryBackend();
    await open(backend).save("a", { messages: ["x"] }, { metadata: { title: "T" } });
    const store = open(backend, { keys: rotated });
    expect((await store.load("a"))?.thread).toEqual({ messages: ["x"] });
    expect(await keyIdOf(backend, "a")).toBe("old");
    await change(store);
    expect(await keyIdOf(backend, "a")).toBe("new");
    const withoutOld = staticKeys({ current: "new", keys: { new: bytes.new } });
    expect(await open(backend, { keys: withoutOld }).load("a")).toMatchObject({
      thread: { messages: ["x", "y"] },
      metadata: { title: "T" },
    });
    // A process that does not know the new key yet names it.
    await expect(open(backend).load("a")).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("`new`"),
    });
  });

  it("a key that is taken away makes threads unreadable, but not lost", async () => {
    const backend = memoryBackend();
    await open(backend).save("a", { messages: ["x"] });
    const store = open(backend, { keys: staticKeys({ current: "new", keys: { new: bytes.new } }) });
    const failure = { code: "MISCONFIGURED", message: expect.stringContaining("`old`") };
    await expect(store.load("a")).rejects.toMatchObject(failure);
    await expect(store.append("a", ["y"])).rejects.toMatchObject(failure);
    await expect(store.update("a", () => ({}))).rejects.toMatchObject(failure);
    expect((await store.listPage()).threads).toMatchObject([{ id: "a", corrupt: false }]);
    expect((await open(backend).load("a"))?.thread).toEqual({ messages: ["x"] });
  });
});

describe("a migration", () => {
  it("reads threads that are not encrypted, and their next save or append encrypts them", async () => {
    const backend = memoryBackend();
    for (const id of ["a", "b"]) await backend.open().save(id, { messages: ["x"] }, { metadata: { id } });
    await expect(open(backend).load("a")).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("`migrating: true`"),
    });
    const store = open(backend, { migrating: true });
    expect((await store.load("a"))?.thread).toEqual({ messages: ["x"] });
    await store.update("a", (current) => current?.json ?? null);
    await store.append("b", ["y"]);
    const after = open(backend);
    expect(await after.load("a")).toMatchObject({ thread: { messages: ["x"] }, metadata: { id: "a" } });
    expect(await after.load("b")).toMatchObject({ thread: { messages: ["x", "y"] }, metadata: { id: "b" } });
  });
});

describe("a key service that fails", () => {
  function service(failing: () => boolean): KeyService {
    const fail = (): void => {
      if (failing()) throw new ThreadStoreError("UNAVAILABLE", "The key service is down.");
    };
    return {
      async wrap(key) {
        fail();
        return { wrappingKey: "local/1", bytes: key.map((byte) => byte ^ 0x55) };
      },
      async unwrap(wrapped) {
        fail();
        return wrapped.bytes.map((byte) => byte ^ 0x55);
      },
    };
  }

  it("does not stop threads whose key the process has, and leaves others unchanged", async () => {
    const backend = memoryBackend();
    let isDown = false;
    const provider = (): KeyProvider => envelopeKeys(service(() => isDown));
    const writer = open(backend, { keys: provider() });
    await writer.save("a", { messages: ["x"] });
    isDown = true;
    await writer.append("a", ["y"]);
    expect((await writer.load("a"))?.thread).toEqual({ messages: ["x", "y"] });
    const other = open(backend, { keys: provider() });
    const failure = { code: "UNAVAILABLE", retryable: true };
    await expect(other.load("a")).rejects.toMatchObject({ ...failure, operation: "load", id: "a" });
    await expect(other.append("a", ["z"])).rejects.toMatchObject(failure);
    await expect(other.save("b", {})).rejects.toMatchObject({ ...failure, operation: "save", id: "b" });
    isDown = false;
    await other.append("a", ["z"]);
    expect((await writer.load("a"))?.thread).toEqual({ messages: ["x", "y", "z"] });
    expect(await other.load("b")).toBeUndefined();
  });

  it.each<["plain" | "sealed", string, (store: ThreadStore) => Promise<unknown>]>([
    ["sealed", "expiry", (store) => store.touch("a", { ttlMs: 60_000 })],
    ["sealed", "metadata", (store) => store.touch("a", { metadata: { title: "new" } })],
    ["plain", "metadata", (store) => store.touch("a", { metadata: { title: "new" } })],
    ["sealed", "an append", (store) => store.append("a", ["y"], { ttlMs: 60_000 })],
  ])(
    "with %s metadata, does not report a change as failed that was applied: %s",
    async (metadata, _, run) => {
      const backend = memoryBackend();
      let isDown = false;
      const provider = (): KeyProvider => envelopeKeys(service(() => isDown));
      const before = await open(backend, { keys: provider(), metadata }).save("a", { messages: ["x"] });
      isDown = true;
      const other = open(backend, { keys: provider(), metadata });
      await expect(run(other)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
      expect(await backend.open().load("a")).toMatchObject({ version: before.version, expiresAt: undefined });
      isDown = false;
      expect(await run(other)).toMatchObject({ id: "a" });
      expect((await backend.open().load("a"))?.version).not.toBe(before.version);
    },
  );
});

it("a touch of sealed metadata lists one entry, unless this process has the thread, and keeps the rest", async () => {
  const backend = memoryBackend();
  const sealed = { metadata: "sealed" } as const;
  const saved = await open(backend, sealed).save("a", { messages: ["x"] }, { metadata: { title: "T" } });
  const store = open(backend, sealed);
  for (const expected of [["list"], []]) {
    backend.requests.length = 0;
    const touched = await store.touch("a", { ttlMs: 60_000 });
    expect(touched).toMatchObject({
      size: saved.size,
      metadata: { title: "T" },
      expiresAt: expect.any(Date),
    });
    expect(backend.requests.filter((request) => ["list", "read"].includes(request))).toEqual(expected);
  }
  expect(await store.load("a")).toMatchObject({ metadata: { title: "T" }, thread: { messages: ["x"] } });
  expect(await store.touch("missing", { ttlMs: 1 })).toBeUndefined();
  await expect(store.touch("a", { ttlMs: 1, previous: saved })).rejects.toMatchObject({ code: "CONFLICT" });
});

describe("a provider of an application", () => {
  const cause = new Error("The provider has a bug.");
  const failing = {
    ...keys,
    currentKey: async () => Promise.reject(cause),
    findKey: async () => Promise.reject(cause),
  };
  const secret = Buffer.alloc(31, "s");
  const short = { ...keys, currentKey: async () => ({ id: "old", bytes: secret }) };

  it.each([
    ["throws", failing],
    ["returns an invalid key", short],
  ])("that %s makes a call reject with BACKEND_ERROR, without the key", async (_, provider) => {
    const error: unknown = await open(memoryBackend(), { keys: provider })
      .save("a", {})
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "BACKEND_ERROR", operation: "save", id: "a" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/sss|115, 115|73 73/u);
  });

  it("that throws does so for loads as well, with the cause untouched", async () => {
    const backend = memoryBackend();
    await open(backend).save("a", {});
    await expect(open(backend, { keys: failing }).load("a")).rejects.toMatchObject({
      code: "BACKEND_ERROR",
      cause,
    });
  });
});

describe("a key service that does not answer", () => {
  /** A service whose answers wait until the test lets them go. */
  function silentService(): KeyService & { readonly answer: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const mask = (key: Uint8Array): Uint8Array => key.map((byte) => byte ^ 0x55);
    return {
      answer: resolve,
      async wrap(key) {
        await promise;
        return { wrappingKey: "local/1", bytes: mask(key) };
      },
      async unwrap(wrapped) {
        await promise;
        return mask(wrapped.bytes);
      },
    };
  }

  async function stored(): Promise<{ backend: Backend; service: ReturnType<typeof silentService> }> {
    const backend = memoryBackend();
    const [writing, service] = [silentService(), silentService()];
    writing.answer();
    await open(backend, { keys: envelopeKeys(writing) }).save("a", { messages: ["x"] });
    return { backend, service };
  }

  it.each<[string, (store: ThreadStore, signal: AbortSignal) => Promise<unknown>]>([
    ["load", (store, signal) => store.load("a", { signal })],
    ["append", (store, signal) => store.append("a", ["y"], { signal })],
    ["save", (store, signal) => store.save("b", {}, { signal })],
    ["update", (store, signal) => store.update("a", () => ({}), { signal })],
  ])("does not keep an aborted call, which changes nothing later: %s", async (_, run) => {
    const { backend, service } = await stored();
    const store = open(backend, { keys: envelopeKeys(service) });
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = run(store, controller.signal);
    setTimeout(() => controller.abort(reason), 10);
    await expect(call).rejects.toBe(reason);
    service.answer();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await store.load("a"))?.thread).toEqual({ messages: ["x"] });
    expect(await store.load("b")).toBeUndefined();
  });

  it("does not keep a load longer than its `timeoutMs`, and a save longer than that of the service", async () => {
    const { backend, service } = await stored();
    const store = open(backend, { keys: envelopeKeys(service, { timeoutMs: 200 }) });
    const started = performance.now();
    const failure = { code: "UNAVAILABLE", message: expect.stringContaining("`timeoutMs`") };
    await expect(store.load("a", { timeoutMs: 20 })).rejects.toMatchObject({ ...failure, operation: "load" });
    expect(performance.now() - started).toBeLessThan(180);
    await expect(store.save("b", {})).rejects.toMatchObject({ ...failure, operation: "save" });
  });
});

describe("arguments", () => {
  const store = memoryBackend().open();

  it.each([
    [store, undefined, "plain object. Pass one with `keys`."],
    [store, {}, "`keys`"],
    [store, { keys: {} }, "`keys`"],
    [store, { keys, metadata: "hidden" }, "`metadata`"],
    [store, { keys, migrating: 1 }, "`migrating`"],
    [store, { keys, maxThreadBytes: 1 }, "`maxThreadBytes`"],
    [store, { keys, key: "x" }, "`key` is not an option"],
    [store, { keys: { ...keys, isCurrent: undefined } }, "`findKey` and `isCurrent`"],
    [{}, { keys }, "`store`"],
    [undefined, { keys }, "`store`"],
  ])("that are invalid are a TypeError: case %#", (inner, options, message) => {
    const failure = (): unknown => withEncryption(inner as never, options as never);
    expect(failure).toThrow(TypeError);
    expect(failure).toThrow(message);
  });

  it.each(["attachments", "compression", "history", "encryption"])(
    "with the layer %s below are a TypeError that names the right order",
    (name) => {
      const layer = wrapThreadStore(memoryBackend().open(), {
        name,
        operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
      });
      expect(() => withEncryption(layer, { keys })).toThrow(/`withEncryption`/u);
    },
  );
});
