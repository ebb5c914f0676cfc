import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend, base64, gateBefore, type Request } from "./backend.test-helper.ts";

const day = 86_400_000;
// Names must be unique even if the clock does not advance.
const frozenClock = { now: () => 1_800_000_000_000 };
const [image, other] = [base64(), base64()];

function isOfAttachments(operation: Request["operation"]): (request: Request) => boolean {
  return (request) => request.operation === operation && request.namespace === ".attachments";
}

function isOfThread(operation: Request["operation"]): (request: Request) => boolean {
  return (request) => request.operation === operation && request.namespace === "";
}

async function expectThread(backend: Backend, thread: object | undefined): Promise<void> {
  expect((await backend.open().load("a"))?.thread).toEqual(thread);
}

describe("a load between the requests for the thread and its attachments", () => {
  it.each([
    ["replaced by one without attachments", { n: 2 }],
    ["replaced by one with another attachment", { image: other }],
    ["deleted", undefined],
  ])("returns the thread that was %s", async (_description, thread) => {
    const backend = memoryBackend();
    const first = await backend.open().save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("read"));
    const reading = backend.open().load("a");
    await gate.reached;
    if (thread === undefined) await backend.open().delete("a");
    else await backend.open().save("a", thread, { previous: first });
    gate.open();
    expect((await reading)?.thread).toEqual(thread);
  });

  it("returns a thread that was deleted and created again with the same image", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { image, life: 1 });
    const gate = gateBefore(backend, isOfAttachments("read"));
    const reading = backend.open().load("a");
    await gate.reached;
    await backend.open().delete("a");
    await backend.open().save("a", { image, life: 2 });
    gate.open();
    expect((await reading)?.thread).toEqual({ image, life: 2 });
  });

  it("returns the latest version of a thread that changes repeatedly", async () => {
    const backend = memoryBackend();
    let n = 0;
    await backend.open().save("a", { image: base64(), n });
    const writer = backend.open();
    backend.before = async (request) => {
      if (!isOfAttachments("read")(request) || n === 5) return;
      n += 1;
      backend.before = () => undefined;
      await writer.save("a", { image: base64(), n }, { overwrite: true });
      backend.before = follow;
    };
    const follow = backend.before;
    expect((await backend.open().load("a"))?.thread["n"]).toBe(5);
  });
});

describe("a client that deletes attachments", () => {
  it("after a delete, keeps those of a thread that was created in the meantime", async () => {
    const backend = memoryBackend();
    await backend.open(frozenClock).save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("delete"));
    const deleting = backend.open(frozenClock).delete("a");
    await gate.reached;
    await backend.open(frozenClock).save("a", { image });
    gate.open();
    expect(await deleting).toBe(true);
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("after a save without the image, keeps those of a later save with it", async () => {
    const backend = memoryBackend();
    const first = await backend.open(frozenClock).save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("delete"));
    const dropping = backend.open(frozenClock).save("a", { n: 2 }, { previous: first });
    await gate.reached;
    const store = backend.open(frozenClock);
    await store.save("a", { image }, { previous: await store.load("a") });
    gate.open();
    await dropping;
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("after a lost race, keeps those of the winning save with the same image", async () => {
    const backend = memoryBackend();
    const first = await backend.open(frozenClock).save("a", { n: 1 });
    const gate = gateBefore(backend, isOfThread("write"));
    const losing = backend.open(frozenClock).save("a", { image }, { previous: first });
    await gate.reached;
    await backend.open(frozenClock).save("a", { image }, { previous: first });
    gate.open();
    await expect(losing).rejects.toMatchObject({ code: "CONFLICT" });
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("in deleteExpired, keeps those of a save in progress", async () => {
    const backend = memoryBackend();
    const gate = gateBefore(backend, isOfThread("write"));
    const saving = backend.open().save("a", { image });
    await gate.reached;
    await backend.open().deleteExpired();
    gate.open();
    await saving;
    await expectThread(backend, { image });
  });

  it("in deleteExpired, keeps those that a save refers to after they were listed", async () => {
    const backend = memoryBackend();
    const writing = gateBefore(backend, isOfThread("write"));
    const saving = backend.open().save("a", { image });
    await writing.reached;
    const reading = gateBefore(backend, isOfThread("read"));
    const deletingExpired = backend.open({ now: () => Date.now() + day + 1 }).deleteExpired();
    await reading.reached;
    writing.open();
    await saving;
    reading.open();
    await deletingExpired;
    await expectThread(backend, { image });
  });
});

describe("a thread whose life is extended just before it expires", () => {
  it("keeps its attachments even if deleteExpired considers it expired", async () => {
    let now = Date.now();
    const backend = memoryBackend();
    const open = (): ThreadStore => backend.open({ now: () => now });
    const previous = await open().save("a", { image }, { ttlMs: 2 * day });
    now += 2 * day - 1;
    const listing = gateBefore(backend, isOfAttachments("list"));
    const deletingExpired = open().deleteExpired();
    await listing.reached;
    const writing = gateBefore(backend, isOfThread("write"));
    const saving = open().save("a", { image, n: 2 }, { previous });
    await writing.reached;
    now += 1;
    listing.open();
    await deletingExpired;
    expect(backend.idsIn().length, "deleteExpired has deleted the old one").toBe(1);
    writing.open();
    await saving;
    await expectThread(backend, { image, n: 2 });
  });
});

describe("a save with a stale version in previous", () => {
  it("does not reuse the attachments of that version", async () => {
    const backend = memoryBackend();
    const [store, theirs] = [backend.open(), backend.open()];
    const first = await store.save("a", { image });
    const second = await theirs.save("a", { n: 2 }, { previous: first });
    for (const previous of [first, first.version, { version: first.version }]) {
      await expect(store.save("a", { image, n: 3 }, { previous })).rejects.toMatchObject({
        code: "CONFLICT",
        currentVersion: second.version,
        operation: "save",
        id: "a",
      });
    }
    expect(backend.idsIn()).toEqual([]);
    await store.save("a", { image, n: 3 }, { previous: second });
    await expectThread(backend, { image, n: 3 });
  });
});

it("concurrent saves, updates, deletes, loads and deleteExpired lose no attachment and leave no orphan", async () => {
  const backend = memoryBackend();
  // Lets other clients interleave before each request.
  backend.before = async () => {
    for (let yields = Math.floor(Math.random() * 4); yields > 0; yields -= 1) await new Promise(setImmediate);
  };
  const images = Array.from({ length: 5 }, () => base64(100));
  const pick = (): string[] => images.filter(() => Math.random() < 0.5);
  let races = 0;
  const client = async (): Promise<void> => {
    const store = backend.open({ limitBytes: 64 });
    for (let round = 0; round < 100; round += 1) {
      const chance = Math.random();
      try {
        if (chance < 0.1) await store.delete("a");
        else if (chance < 0.2) await store.save("a", { images: pick() }, { overwrite: true });
        else if (chance < 0.3) await store.deleteExpired();
        else if (chance < 0.6) await store.update("a", () => ({ images: pick() }));
        else {
          const previous = await store.load("a");
          const loaded = (previous?.thread["images"] ?? []) as string[];
          if (!loaded.every((each) => images.includes(each))) throw new Error("An image has changed.");
          await store.save("a", { images: pick(), n: 1 }, { previous });
        }
      } catch (error) {
        if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
        races += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 5 }, client));
  expect(races).toBeGreaterThan(3);
  const remaining = (await backend.open().load("a"))?.thread["images"] ?? [];
  expect(backend.idsIn().length).toBe((remaining as string[]).length);
});
