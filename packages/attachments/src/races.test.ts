import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Backend, backendInMemory, base64, gateBefore, type Step } from "./tools.test-helper.ts";

const day = 86_400_000;
// Names are used once though the clock stands still.
const still = { now: () => 1_800_000_000_000 };
const [image, other] = [base64(), base64()];

function isOfAttachments(operation: Step["operation"]): (step: Step) => boolean {
  return (step) => step.operation === operation && step.namespace === ".attachments";
}

function isOfThread(operation: Step["operation"]): (step: Step) => boolean {
  return (step) => step.operation === operation && step.namespace === "";
}

async function expectThread(backend: Backend, thread: object | undefined): Promise<void> {
  expect((await backend.open().load("a"))?.thread).toEqual(thread);
}

describe("a reader between the thread and its attachments", () => {
  it.each([
    ["replaced by one without them", { n: 2 }],
    ["replaced by one with another", { image: other }],
    ["deleted", undefined],
  ])("sees what the thread is meanwhile: %s", async (_what, thread) => {
    const backend = backendInMemory();
    const first = await backend.open().save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("read"));
    const reading = backend.open().load("a");
    await gate.reached;
    if (thread === undefined) await backend.open().delete("a");
    else await backend.open().save("a", thread, { previous: first });
    gate.open();
    expect((await reading)?.thread).toEqual(thread);
  });

  it("sees a thread that was created anew, with the same image", async () => {
    const backend = backendInMemory();
    await backend.open().save("a", { image, life: 1 });
    const gate = gateBefore(backend, isOfAttachments("read"));
    const reading = backend.open().load("a");
    await gate.reached;
    await backend.open().delete("a");
    await backend.open().save("a", { image, life: 2 });
    gate.open();
    expect((await reading)?.thread).toEqual({ image, life: 2 });
  });

  it("follows a thread that moves on each time", async () => {
    const backend = backendInMemory();
    let n = 0;
    await backend.open().save("a", { image: base64(), n });
    const writer = backend.open();
    backend.before = async (step) => {
      if (!isOfAttachments("read")(step) || n === 5) return;
      n += 1;
      backend.before = () => undefined;
      await writer.save("a", { image: base64(), n }, { overwrite: true });
      backend.before = follow;
    };
    const follow = backend.before;
    expect((await backend.open().load("a"))?.thread["n"]).toBe(5);
  });
});

describe("who removes attachments", () => {
  it("slowly, after its delete, leaves those of a thread that was created anew", async () => {
    const backend = backendInMemory();
    await backend.open(still).save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("delete"));
    const deleting = backend.open(still).delete("a");
    await gate.reached;
    await backend.open(still).save("a", { image });
    gate.open();
    expect(await deleting).toBe(true);
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("slowly, after a save without the image, leaves those of a save that has it again", async () => {
    const backend = backendInMemory();
    const first = await backend.open(still).save("a", { image });
    const gate = gateBefore(backend, isOfAttachments("delete"));
    const dropping = backend.open(still).save("a", { n: 2 }, { previous: first });
    await gate.reached;
    const store = backend.open(still);
    await store.save("a", { image }, { previous: await store.load("a") });
    gate.open();
    await dropping;
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("for a save that lost, leaves those of the one that won with the same image", async () => {
    const backend = backendInMemory();
    const first = await backend.open(still).save("a", { n: 1 });
    const gate = gateBefore(backend, isOfThread("write"));
    const losing = backend.open(still).save("a", { image }, { previous: first });
    await gate.reached;
    await backend.open(still).save("a", { image }, { previous: first });
    gate.open();
    await expect(losing).rejects.toMatchObject({ code: "CONFLICT" });
    await expectThread(backend, { image });
    expect(backend.idsIn().length).toBe(1);
  });

  it("in a sweep, leaves those of a save that is on its way", async () => {
    const backend = backendInMemory();
    const gate = gateBefore(backend, isOfThread("write"));
    const saving = backend.open().save("a", { image });
    await gate.reached;
    await backend.open().deleteExpired();
    gate.open();
    await saving;
    await expectThread(backend, { image });
  });

  it("in a sweep, leaves those that a save names after the sweep has listed them", async () => {
    const backend = backendInMemory();
    const writing = gateBefore(backend, isOfThread("write"));
    const saving = backend.open().save("a", { image });
    await writing.reached;
    const reading = gateBefore(backend, isOfThread("read"));
    const sweeping = backend.open({ now: () => Date.now() + day + 1 }).deleteExpired();
    await reading.reached;
    writing.open();
    await saving;
    reading.open();
    await sweeping;
    await expectThread(backend, { image });
  });
});

describe("a thread that a save rescues from its expiry at the last moment", () => {
  it("keeps its attachments, though a sweep takes it for expired", async () => {
    let now = Date.now();
    const backend = backendInMemory();
    const open = (): ThreadStore => backend.open({ now: () => now });
    const previous = await open().save("a", { image }, { ttlMs: 2 * day });
    now += 2 * day - 1;
    const listing = gateBefore(backend, isOfAttachments("list"));
    const sweeping = open().deleteExpired();
    await listing.reached;
    const writing = gateBefore(backend, isOfThread("write"));
    const saving = open().save("a", { image, n: 2 }, { previous });
    await writing.reached;
    now += 1;
    listing.open();
    await sweeping;
    expect(backend.idsIn().length, "the sweep has removed the old one").toBe(1);
    writing.open();
    await saving;
    await expectThread(backend, { image, n: 2 });
  });
});

describe("a save from a version that is not there any more", () => {
  it("does not rely on that version's attachments", async () => {
    const backend = backendInMemory();
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

it("clients that save, update, delete, load and sweep at once lose no attachment and leave no orphan", async () => {
  const backend = backendInMemory();
  // Each step lets others come between.
  backend.before = async () => {
    for (let turns = Math.floor(Math.random() * 4); turns > 0; turns -= 1) await new Promise(setImmediate);
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
          if (!loaded.every((each) => images.includes(each))) throw new Error("An image is not as it was.");
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
  const left = (await backend.open().load("a"))?.thread["images"] ?? [];
  expect(backend.idsIn().length).toBe((left as string[]).length);
});
