import { describe, expect, it } from "vitest";
import { type Backend, base64, gateBefore, memoryBackend, responseLost } from "./backend.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const [image, other] = [base64(), base64()];

type Corrupt = (backend: Backend, record: string) => Promise<void> | void;

const corruptions: readonly (readonly [description: string, corrupt: Corrupt, message: RegExp])[] = [
  [
    "missing",
    ({ records }, record) => void records.get(".attachments")?.delete(record),
    /attachment sha256:([0-9a-f]{64}) is missing.* Restore the record \S+ of the namespace \.attachments/u,
  ],
  [
    "altered",
    async (backend, record) => {
      const attachments = backend.openInner().namespace(".attachments");
      await attachments.save(record, { attachment: "something else" }, { overwrite: true });
    },
    /attachment sha256:([0-9a-f]{64}) is altered.* Restore the record/u,
  ],
  [
    "corrupt",
    ({ records }, record) => {
      const attachments = records.get(".attachments");
      const stored = attachments?.get(record);
      if (stored !== undefined) attachments?.set(record, { ...stored, bytes: stored.bytes.slice(0, 100) });
    },
    /attachment sha256:([0-9a-f]{64}): The stored record is corrupt/u,
  ],
];

describe.each(corruptions)("an attachment that is %s", (_description, corrupt, message) => {
  async function corrupted(): Promise<{ backend: Backend; digest: string }> {
    const backend = memoryBackend();
    const view = backend.open();
    await view.save("a", { image, n: 1 }, { metadata: { title: "T" } });
    const [record = ""] = backend.idsIn();
    await corrupt(backend, record);
    return { backend, digest: record.split(".").at(-1) ?? "" };
  }

  it("makes the thread CORRUPT, and is named by its hash", async () => {
    const { backend, digest } = await corrupted();
    const store = backend.open();
    const context = { operation: "load", id: "a", namespace: "", code: "CORRUPT", retryable: false };
    const failure = await store.load("a").catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...context, message: expect.stringMatching(message) });
    expect(String(failure)).toContain(digest);
    expect(String(failure)).toMatch(/delete the thread, or save(?: it)? with `?overwrite: true/u);
    await expect(store.update("a", () => ({}))).rejects.toMatchObject(context);
    expect((await store.listPage()).threads).toMatchObject([{ id: "a", corrupt: false }]);
  });

  it("is repaired by an overwrite, which keeps the metadata", async () => {
    const { backend } = await corrupted();
    await backend.open().save("a", { image, n: 2 }, { overwrite: true });
    expect(await backend.open().load("a")).toMatchObject({
      thread: { image, n: 2 },
      metadata: { title: "T" },
    });
    expect(backend.idsIn().length).toBe(1);
  });

  it("is deleted with the thread", async () => {
    const { backend } = await corrupted();
    expect(await backend.open().delete("a")).toBe(true);
    expect(backend.idsIn()).toEqual([]);
  });
});

describe("a thread in a newer format", () => {
  const newer = '{".attachments":{"format":2},"thread":{},"size":2}';

  it("is CORRUPT, asks for an upgrade, and keeps its attachments", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { image });
    const stored = await backend.openInner().load("a");
    await backend.openInner().save("a", newer, { previous: stored });
    const store = backend.open({ now: () => Date.now() + 86_400_001 });
    const expected = {
      code: "CORRUPT",
      message: expect.stringContaining("Upgrade @threadstore/attachments"),
    };
    await expect(store.load("a")).rejects.toMatchObject(expected);
    const { version } = (await backend.openInner().load("a")) ?? {};
    await expect(store.save("a", {}, { previous: version })).rejects.toMatchObject(expected);
    await store.deleteExpired();
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.openInner().load("a"))?.json).toBe(newer);
    await store.save("a", { n: 1 }, { overwrite: true });
    await store.deleteExpired();
    expect(backend.idsIn()).toEqual([]);
  });

  it("can be deleted", async () => {
    const backend = memoryBackend();
    await backend.openInner().save("a", newer);
    expect(await backend.open().delete("a")).toBe(true);
    expect(await backend.open().load("a")).toBeUndefined();
  });
});

describe("a save whose attachment cannot be written", () => {
  async function failedSave(failure: Error): Promise<{ backend: Backend; error: unknown }> {
    const backend = memoryBackend();
    const store = backend.open({ maxRetries: 0 }).namespace("x");
    const first = await store.save("a", { image });
    let isFirst = true;
    backend.before = ({ operation, namespace }) => {
      if (operation !== "write" || namespace !== "x/.attachments" || !isFirst) return;
      isFirst = false;
      throw failure;
    };
    const error = await store
      .save("a", { image, other }, { previous: first })
      .catch((reason: unknown) => reason);
    expect((await store.load("a"))?.version).toBe(first.version);
    return { backend, error };
  }

  it("fails with that error, in the context of the thread", async () => {
    const cause = new Error("The disk is on fire.");
    const { error } = await failedSave(cause);
    const context = { operation: "save", store: "memory", namespace: "x", id: "a" };
    expect(error).toMatchObject({ code: "BACKEND_ERROR", ...context, cause: { cause } });
  });

  it("is UNAVAILABLE, not OUTCOME_UNKNOWN, if the response was lost, because no thread refers to it", async () => {
    const { error } = await failedSave(responseLost());
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      cause: { code: "OUTCOME_UNKNOWN" },
    });
    expect(String(error)).toContain("The thread was not changed. Try again.");
  });

  it("is TOO_LARGE if it is too large for the inner store, and leaves nothing", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const first = await store.save("a", { n: 1 });
    const strict = backend.openInner({ maxThreadBytes: 40_000 });
    const failure = withAttachments(strict).save("a", { image, large: base64(60_000) }, { previous: first });
    await expect(failure).rejects.toMatchObject({ code: "TOO_LARGE", id: "a" });
    expect(backend.idsIn()).toEqual([]);
  });
});

it("a save whose response was lost keeps its attachments and those of the replaced version", async () => {
  const backend = memoryBackend();
  const store = backend.open({ maxRetries: 0 });
  const first = await store.save("a", { image });
  backend.afterWrite = ({ namespace }) => {
    if (namespace !== "") return;
    backend.before = (request) => {
      if (request.namespace === "") throw responseLost();
    };
    throw responseLost();
  };
  const saving = store.save("a", { other }, { previous: first });
  await expect(saving).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", id: "a" });
  backend.before = () => undefined;
  backend.afterWrite = () => undefined;
  expect((await backend.open().load("a"))?.thread).toEqual({ other });
  expect(backend.idsIn().length).toBe(2);
  await backend.open({ now: () => Date.now() + 86_400_001 }).deleteExpired();
  expect((await backend.open().load("a"))?.thread).toEqual({ other });
  expect(backend.idsIn().length).toBe(1);
});

describe("a rejected save", () => {
  it.each([
    ["invalid JSON", '{"a":', {}, "INVALID_ARGUMENT"],
    ["a Date", { image, at: new Date() }, {}, "INVALID_ARGUMENT"],
    ["an invalid version", { image }, { previous: 5 }, "INVALID_ARGUMENT"],
    ["a quoted ETag", { image }, { previous: '"v"' }, "INVALID_ARGUMENT"],
    ["a version of another thread", { image }, { previous: { id: "b", version: "v" } }, "INVALID_ARGUMENT"],
    ["previous and overwrite", { image }, { previous: "v", overwrite: true }, "INVALID_ARGUMENT"],
    ["an overwrite that is not a boolean", { image }, { overwrite: "yes" }, "INVALID_ARGUMENT"],
    ["invalid metadata", { image }, { metadata: { n: 1 } }, "INVALID_ARGUMENT"],
    ["long metadata", { image }, { metadata: { n: "x".repeat(66_000) } }, "TOO_LARGE"],
    ["an invalid time to live", { image }, { ttlMs: -1 }, "INVALID_ARGUMENT"],
    ["two expiries", { image }, { ttlMs: 1, expiresAt: null }, "INVALID_ARGUMENT"],
  ])("sends no request: %s", async (_description, thread, options, code) => {
    const backend = memoryBackend();
    const saving = backend.open().save("a", thread, options as never);
    await expect(saving).rejects.toMatchObject({ code, operation: "save", id: "a" });
    expect(backend.requests).toEqual([]);
  });

  it("leaves no attachments if the expiry is in the past", async () => {
    const backend = memoryBackend();
    const saving = backend.open().save("a", { image }, { expiresAt: new Date(1) });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(backend.idsIn()).toEqual([]);
  });

  it("leaves no attachments if the thread exists", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", {});
    await expect(backend.open().save("a", { image })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(backend.idsIn()).toEqual([]);
  });
});

describe("aborts, timeouts and close", () => {
  it("an abort during a request for an attachment rejects immediately and leaves the thread intact", async () => {
    for (const operation of ["read", "write", "delete"] as const) {
      const backend = memoryBackend();
      const store = backend.open();
      const first = await store.save("a", { image });
      const gate = gateBefore(
        backend,
        (request) => request.operation === operation && request.namespace !== "",
      );
      const controller = new AbortController();
      const { signal } = controller;
      const calls = {
        read: () => store.load("a", { signal }),
        write: () => store.save("a", { other }, { previous: first, signal }),
        // The thread is already deleted at that point.
        delete: () => store.delete("a", { signal }),
      };
      const call = calls[operation]().catch((error: unknown) => error);
      await gate.reached;
      const reason = new Error("cancelled");
      controller.abort(reason);
      expect(await call).toBe(operation === "delete" ? true : reason);
      gate.open();
      expect((await store.load("a"))?.thread).toEqual(operation === "delete" ? undefined : { image });
    }
  });

  it("the timeoutMs of a call applies to all its requests together", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    await store.save("a", { image });
    const gate = gateBefore(backend, ({ namespace }) => namespace !== "");
    const loading = store.load("a", { timeoutMs: 20 });
    await expect(loading).rejects.toMatchObject({ code: "UNAVAILABLE", operation: "load", id: "a" });
    gate.open();
  });

  it("close waits for a save between its requests, and for views", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const gate = gateBefore(backend, ({ operation }) => operation === "write");
    const saving = store.namespace("x").save("a", { image });
    await gate.reached;
    const closing = store.close();
    await expect(store.load("a")).rejects.toMatchObject({ code: "CLOSED", operation: "load", id: "a" });
    await expect(store.namespace("x").load("a")).rejects.toMatchObject({ code: "CLOSED", namespace: "x" });
    gate.open();
    await closing;
    expect((await saving).thread).toEqual({ image });
  });

  it("close waits for an update and its callback", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    const { promise: changed, resolve: change } = Promise.withResolvers<object>();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const updating = store.update("a", () => {
      start();
      return changed;
    });
    await started;
    const closing = store.close();
    change({ image });
    await closing;
    expect((await updating)?.thread).toEqual({ image });
  });
});
