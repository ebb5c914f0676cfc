import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { strandsStorage, StrandsStorageError } from "./index.ts";
import { bytesOf, textOf } from "./kit.test-helper.ts";

const HEADER = { format: "threadstore.thread", version: 1, kind: "strands-value" };

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("The call did not fail.");
}

async function storedJson(store: ThreadStore, bytes: Uint8Array): Promise<string | undefined> {
  await strandsStorage({ store, onConflict: "overwrite" }).write("key", bytes);
  return (await store.load("key"))?.json;
}

describe("invalid arguments are rejected with their path, before anything is written", () => {
  const store = memoryStore();
  const storage = strandsStorage({ store });
  // What JavaScript callers pass.
  const anything = (value: unknown): never => value as never;

  it.each<readonly [path: string, call: () => unknown]>([
    ["store", () => strandsStorage(anything(undefined))],
    ["store", () => strandsStorage(anything({}))],
    ["store", () => strandsStorage(anything({ store: "threads.db" }))],
    ["store", () => strandsStorage(anything({ store: {} }))],
    ["onConflct", () => strandsStorage(anything({ store, onConflct: "overwrite" }))],
    ["onConflict", () => strandsStorage({ store, onConflict: anything("merge") })],
    ["onConflict", () => strandsStorage({ store, onConflict: anything(null) })],
    ["key", async () => storage.write("", bytesOf("x"))],
    ["key", async () => storage.write(anything(1), bytesOf("x"))],
    ["key", async () => storage.write("a\ud800", bytesOf("x"))],
    ["key", async () => storage.read("")],
    ["key", async () => storage.read("\udc00")],
    ["key", async () => storage.delete(anything(undefined))],
    ["data", async () => storage.write("a", anything("text"))],
    ["data", async () => storage.write("a", anything(new ArrayBuffer(1)))],
    ["data", async () => storage.write("a", anything([1]))],
    ["query", async () => storage.list(anything(undefined))],
    ["query", async () => storage.list(anything({ prefix: "a" }))],
    ["query", async () => storage.list("a\ud800")],
  ])("%s, %s", async (path, call) => {
    const error = await failureOf(call);
    expect(StrandsStorageError.is(error, "INVALID_ARGUMENT") && error.path).toBe(path);
    expect((await store.listPage()).threads).toEqual([]);
  });

  it("a key whose listing would not fit into metadata is too large", async () => {
    const error = await failureOf(async () => storage.write("k".repeat(70_000), bytesOf("x")));
    expect(error).toMatchObject({ code: "TOO_LARGE" });
    expect(await storage.read("k".repeat(70_000))).toBeNull();
  });
});

describe("values are stored", () => {
  it.each([
    ["as JSON, unchanged", bytesOf('{ "a": 1.0 }'), '"json":{ "a": 1.0 }}'],
    ["as text", bytesOf("# Notes\n"), String.raw`"text":"# Notes\n"}`],
    ["in base64, if they are not text", Uint8Array.of(255, 254, 0), '"base64":"//4A"}'],
    ["in base64, if their escapes would be longer", bytesOf("\0\0\0\0"), '"base64":"AAAAAA=="}'],
  ])("%s", async (_name, bytes, end) => {
    const header = '{"format":"threadstore.thread","version":1,"kind":"strands-value",';
    expect(await storedJson(memoryStore(), bytes)).toBe(header + end);
  });

  it("with at most a third more than their bytes", async () => {
    const bytes = new Uint8Array(300_000).map((_, index) => (index * 7919) % 256);
    expect((await storedJson(memoryStore(), bytes))?.length).toBeLessThan(400_100);
  });

  it("without metadata for keys of up to 512 bytes", async () => {
    const store = memoryStore();
    await strandsStorage({ store }).write("k".repeat(512), bytesOf("x"));
    const { threads } = await store.listPage({ metadata: true });
    expect(threads).toMatchObject([{ id: "k".repeat(512), metadata: {} }]);
  });
});

describe("stored threads are untrusted", () => {
  it.each<readonly [code: string, path: string, thread: object]>([
    ["THREAD_MISMATCH", "$.format", { messages: [] }],
    ["THREAD_MISMATCH", "$.kind", { ...HEADER, kind: "openai-agents-items", items: [] }],
    ["THREAD_INVALID", "$.version", { ...HEADER, version: "1", text: "" }],
    ["THREAD_TOO_NEW", "$.version", { ...HEADER, version: 2, text: "" }],
    ["THREAD_INVALID", "$", HEADER],
    ["THREAD_INVALID", "$", { ...HEADER, value: "x" }],
    ["THREAD_INVALID", "$", { ...HEADER, text: "x", base64: "eA==" }],
    ["THREAD_INVALID", "$.text", { ...HEADER, text: 1 }],
    ["THREAD_INVALID", "$.text", { ...HEADER, text: null }],
    ["THREAD_INVALID", "$.base64", { ...HEADER, base64: "eA" }],
    ["THREAD_INVALID", "$.base64", { ...HEADER, base64: "-_==" }],
    ["THREAD_INVALID", "$.base64", { ...HEADER, base64: 5 }],
  ])("%s at %s: %j", async (code, path, thread) => {
    const store = memoryStore();
    await store.save("key", thread);
    const storage = strandsStorage({ store });
    expect(await failureOf(async () => storage.read("key"))).toMatchObject({ code, path });
    expect(await storage.list("")).toEqual(["key"]);
    await storage.delete("key");
    expect(await storage.read("key")).toBeNull();
  });

  it("and JSON that another program has formatted is still the same JSON", async () => {
    const store = memoryStore();
    await store.save("key", JSON.stringify({ ...HEADER, json: { a: [1] } }, null, 2));
    expect(textOf(await strandsStorage({ store }).read("key"))).toBe('{"a":[1]}');
  });

  it("and a corrupt record is listed if its id is its key", async () => {
    const listed = ["k", "k~sha256-x"].map((id) => ({ corrupt: true, id, version: "1" }) as const);
    const list: ThreadStore["list"] = async function* list() {
      yield* listed;
    };
    const store = Object.assign(Object.create(memoryStore()) as ThreadStore, { list });
    expect(await strandsStorage({ store }).list("")).toEqual(["k"]);
  });
});

describe("concurrent writers", () => {
  it("overwrite each other with onConflict: overwrite", async () => {
    const store = memoryStore();
    const [first, second] = [
      strandsStorage({ store, onConflict: "overwrite" }),
      strandsStorage({ store, onConflict: "overwrite" }),
    ];
    await Promise.all([first.read("key"), second.read("key")]);
    await first.write("key", bytesOf("1"));
    await second.write("key", bytesOf("2"));
    expect(textOf(await first.read("key"))).toBe("2");
  });

  it("overwrite a value that they have neither read nor written", async () => {
    const store = memoryStore();
    await strandsStorage({ store }).write("key", bytesOf("1"));
    const storage = strandsStorage({ store });
    await storage.write("key", bytesOf("2"));
    expect(textOf(await storage.read("key"))).toBe("2");
  });

  it("can change the array after the call", async () => {
    const storage = strandsStorage({ store: memoryStore() });
    const bytes = bytesOf("before");
    const written = storage.write("key", bytes);
    bytes.fill(0);
    await written;
    const read = await storage.read("key");
    read?.fill(0);
    expect(textOf(await storage.read("key"))).toBe("before");
  });

  it("continue after a call that failed", async () => {
    const store = memoryStore({ maxThreadBytes: 200 });
    const storage = strandsStorage({ store });
    const calls = [storage.write("key", new Uint8Array(500)), storage.write("key", bytesOf("small"))];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(textOf(await storage.read("key"))).toBe("small");
  });
});
