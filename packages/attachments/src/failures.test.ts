import { describe, expect, it } from "vitest";
import { AnswerLost, type Backend, backendInMemory, base64, gateBefore } from "./tools.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

const [image, other] = [base64(), base64()];

type Damage = (backend: Backend, record: string) => Promise<void> | void;

const damages: readonly (readonly [what: string, damage: Damage, says: RegExp])[] = [
  [
    "missing",
    ({ records }, record) => void records.get(".attachments")?.delete(record),
    /attachment sha256:([0-9a-f]{64}) is missing.* Restore the record \S+ of the namespace \.attachments/u,
  ],
  [
    "altered",
    async (backend, record) => {
      const attachments = backend.beneath().namespace(".attachments");
      await attachments.save(record, { attachment: "something else" }, { overwrite: true });
    },
    /attachment sha256:([0-9a-f]{64}) is altered.* Restore the record/u,
  ],
  [
    "damaged",
    ({ records }, record) => {
      const attachments = records.get(".attachments");
      const found = attachments?.get(record);
      if (found !== undefined) attachments?.set(record, { ...found, bytes: found.bytes.slice(0, 100) });
    },
    /attachment sha256:([0-9a-f]{64}): The stored record is corrupt/u,
  ],
];

describe.each(damages)("an attachment that is %s", (_what, damage, says) => {
  async function damaged(): Promise<{ backend: Backend; digest: string }> {
    const backend = backendInMemory();
    const view = backend.open();
    await view.save("a", { image, n: 1 }, { metadata: { title: "T" } });
    const [record = ""] = backend.idsIn();
    await damage(backend, record);
    return { backend, digest: record.split(".").at(-1) ?? "" };
  }

  it("makes the thread CORRUPT, and is told by its hash", async () => {
    const { backend, digest } = await damaged();
    const store = backend.open();
    const context = { operation: "load", id: "a", namespace: "", code: "CORRUPT", retryable: false };
    const failure = await store.load("a").catch((error: unknown) => error);
    expect(failure).toMatchObject({ ...context, message: expect.stringMatching(says) });
    expect(String(failure)).toContain(digest);
    expect(String(failure)).toMatch(/delete the thread, or save(?: it)? with `?overwrite: true/u);
    await expect(store.update("a", () => ({}))).rejects.toMatchObject(context);
    expect((await store.listPage()).threads).toMatchObject([{ id: "a", corrupt: false }]);
  });

  it("is healed by an overwrite, with the metadata kept", async () => {
    const { backend } = await damaged();
    await backend.open().save("a", { image, n: 2 }, { overwrite: true });
    expect(await backend.open().load("a")).toMatchObject({
      thread: { image, n: 2 },
      metadata: { title: "T" },
    });
    expect(backend.idsIn().length).toBe(1);
  });

  it("goes with the thread", async () => {
    const { backend } = await damaged();
    expect(await backend.open().delete("a")).toBe(true);
    expect(backend.idsIn()).toEqual([]);
  });
});

describe("a thread in a newer format", () => {
  const newer = '{".attachments":{"format":2},"thread":{},"size":2}';

  it("is CORRUPT and wants an upgrade; its attachments stay", async () => {
    const backend = backendInMemory();
    await backend.open().save("a", { image });
    const found = await backend.beneath().load("a");
    await backend.beneath().save("a", newer, { previous: found });
    const store = backend.open({ now: () => Date.now() + 86_400_001 });
    const expected = {
      code: "CORRUPT",
      message: expect.stringContaining("Upgrade @threadstore/attachments"),
    };
    await expect(store.load("a")).rejects.toMatchObject(expected);
    const { version } = (await backend.beneath().load("a")) ?? {};
    await expect(store.save("a", {}, { previous: version })).rejects.toMatchObject(expected);
    await store.deleteExpired();
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.beneath().load("a"))?.json).toBe(newer);
    await store.save("a", { n: 1 }, { overwrite: true });
    await store.deleteExpired();
    expect(backend.idsIn()).toEqual([]);
  });

  it("can be deleted", async () => {
    const backend = backendInMemory();
    await backend.beneath().save("a", newer);
    expect(await backend.open().delete("a")).toBe(true);
    expect(await backend.open().load("a")).toBeUndefined();
  });
});

describe("a save whose attachment cannot be written", () => {
  async function failing(thrown: Error): Promise<{ backend: Backend; failure: unknown }> {
    const backend = backendInMemory();
    const store = backend.open({ maxRetries: 0 }).namespace("x");
    const first = await store.save("a", { image });
    let isFirst = true;
    backend.before = ({ operation, namespace }) => {
      if (operation !== "write" || namespace !== "x/.attachments" || !isFirst) return;
      isFirst = false;
      throw thrown;
    };
    const failure = await store
      .save("a", { image, other }, { previous: first })
      .catch((reason: unknown) => reason);
    expect((await store.load("a"))?.version).toBe(first.version);
    return { backend, failure };
  }

  it("fails as that did, in the name of the thread", async () => {
    const cause = new Error("The disk is on fire.");
    const { failure } = await failing(cause);
    const context = { operation: "save", store: "memory", namespace: "x", id: "a" };
    expect(failure).toMatchObject({ code: "BACKEND_ERROR", ...context, cause: { cause } });
  });

  it("is UNAVAILABLE, not OUTCOME_UNKNOWN, where the answer was lost: no thread names it", async () => {
    const { failure } = await failing(new AnswerLost());
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      cause: { code: "OUTCOME_UNKNOWN" },
    });
    expect(String(failure)).toContain("The thread was not changed. Try again.");
  });

  it("is TOO_LARGE where it is too large for the store, and leaves nothing", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    const first = await store.save("a", { n: 1 });
    const strict = backend.beneath({ maxThreadBytes: 40_000 });
    const failure = withAttachments(strict).save("a", { image, large: base64(60_000) }, { previous: first });
    await expect(failure).rejects.toMatchObject({ code: "TOO_LARGE", id: "a" });
    expect(backend.idsIn()).toEqual([]);
  });
});

it("a save whose own answer was lost keeps its attachments, and those of the version before", async () => {
  const backend = backendInMemory();
  const store = backend.open({ maxRetries: 0 });
  const first = await store.save("a", { image });
  backend.afterWrite = ({ namespace }) => {
    if (namespace !== "") return;
    backend.before = (step) => {
      if (step.namespace === "") throw new AnswerLost();
    };
    throw new AnswerLost();
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

describe("a save that is refused", () => {
  it.each([
    ["no JSON", '{"a":', {}, "INVALID_ARGUMENT"],
    ["a Date", { image, at: new Date() }, {}, "INVALID_ARGUMENT"],
    ["no version", { image }, { previous: 5 }, "INVALID_ARGUMENT"],
    ["an ETag with its quotes", { image }, { previous: '"v"' }, "INVALID_ARGUMENT"],
    ["another thread's", { image }, { previous: { id: "b", version: "v" } }, "INVALID_ARGUMENT"],
    ["previous and overwrite", { image }, { previous: "v", overwrite: true }, "INVALID_ARGUMENT"],
    ["no boolean", { image }, { overwrite: "yes" }, "INVALID_ARGUMENT"],
    ["wrong metadata", { image }, { metadata: { n: 1 } }, "INVALID_ARGUMENT"],
    ["long metadata", { image }, { metadata: { n: "x".repeat(9000) } }, "TOO_LARGE"],
    ["no time", { image }, { ttlMs: -1 }, "INVALID_ARGUMENT"],
    ["two times", { image }, { ttlMs: 1, expiresAt: null }, "INVALID_ARGUMENT"],
  ])("asks nothing of the backend: %s", async (_what, thread, options, code) => {
    const backend = backendInMemory();
    const saving = backend.open().save("a", thread, options as never);
    await expect(saving).rejects.toMatchObject({ code, operation: "save", id: "a" });
    expect(backend.steps).toEqual([]);
  });

  it("leaves no attachments: an expiry in the past", async () => {
    const backend = backendInMemory();
    const saving = backend.open().save("a", { image }, { expiresAt: new Date(1) });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(backend.idsIn()).toEqual([]);
  });

  it("leaves no attachments: a thread that exists", async () => {
    const backend = backendInMemory();
    await backend.open().save("a", {});
    await expect(backend.open().save("a", { image })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(backend.idsIn()).toEqual([]);
  });
});

describe("time and aborts", () => {
  it("an abort while attachments are on their way rejects at once and leaves the thread", async () => {
    for (const operation of ["read", "write", "delete"] as const) {
      const backend = backendInMemory();
      const store = backend.open();
      const first = await store.save("a", { image });
      const gate = gateBefore(backend, (step) => step.operation === operation && step.namespace !== "");
      const controller = new AbortController();
      const { signal } = controller;
      const calls = {
        read: () => store.load("a", { signal }),
        write: () => store.save("a", { other }, { previous: first, signal }),
        // What was to be done is done by then.
        delete: () => store.delete("a", { signal }),
      };
      const call = calls[operation]().catch((error: unknown) => error);
      await gate.reached;
      const reason = new Error("the user left");
      controller.abort(reason);
      expect(await call).toBe(operation === "delete" ? true : reason);
      gate.open();
      expect((await store.load("a"))?.thread).toEqual(operation === "delete" ? undefined : { image });
    }
  });

  it("a call's timeoutMs holds for all its steps together", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    await store.save("a", { image });
    const gate = gateBefore(backend, ({ namespace }) => namespace !== "");
    const loading = store.load("a", { timeoutMs: 20 });
    await expect(loading).rejects.toMatchObject({ code: "UNAVAILABLE", operation: "load", id: "a" });
    gate.open();
  });

  it("closing waits for a save between its steps, and for views", async () => {
    const backend = backendInMemory();
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

  it("closing waits for an update and its change", async () => {
    const backend = backendInMemory();
    const store = backend.open();
    const { promise: changed, resolve: change } = Promise.withResolvers<object>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const updating = store.update("a", () => {
      begin();
      return changed;
    });
    await begun;
    const closing = store.close();
    change({ image });
    await closing;
    expect((await updating)?.thread).toEqual({ image });
  });
});
