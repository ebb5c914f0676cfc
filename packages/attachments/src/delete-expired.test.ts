import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryBackend, base64, shiftableClock } from "./backend.test-helper.ts";

const day = 86_400_000;
const image = base64();

afterEach(() => void vi.restoreAllMocks());

describe("expiry", () => {
  it("attachments live as long as their thread, even if its expiry changes", async () => {
    let now = Date.now();
    const backend = memoryBackend();
    const open = () => backend.open({ now: () => now, ttlMs: 1000 });
    const store = open();
    let previous = await store.save("a", { image }, { ttlMs: 10 });
    for (let turn = 0; turn < 5; turn += 1) {
      now += 5;
      previous = await store.save("a", { image, turn }, { previous, ttlMs: 20 * day });
    }
    now += 10 * day;
    await store.deleteExpired();
    expect((await open().load("a"))?.thread).toEqual({ image, turn: 4 });
    await store.save("a", { image }, { previous, expiresAt: null });
    now += 100 * day;
    await store.deleteExpired();
    expect((await open().load("a"))?.thread).toEqual({ image });
  });

  it("deleteExpired deletes attachments of expired threads once they are old enough", async () => {
    let now = Date.now();
    const backend = memoryBackend();
    const store = backend.open({ now: () => now });
    await store.save("a", { image }, { ttlMs: 10 });
    await store.save("b", { image });
    now += 10;
    expect(await store.load("a")).toBeUndefined();
    expect(await store.deleteExpired({ dryRun: true })).toEqual({ deleted: 1 });
    await expect(store.deleteExpired({ dryRun: 1 as never })).rejects.toThrow("`dryRun`");
    expect(await store.deleteExpired()).toEqual({ deleted: 1 });
    expect(backend.idsIn().length).toBe(2);
    now += day;
    expect(await store.deleteExpired({ dryRun: true })).toEqual({ deleted: 0 });
    expect(backend.idsIn().length).toBe(2);
    expect(await store.deleteExpired()).toEqual({ deleted: 0 });
    expect(backend.idsIn().length).toBe(1);
    expect((await store.load("b"))?.thread).toEqual({ image });
  });

  it("a thread that is created after the expiry of another has separate attachments", async () => {
    let now = Date.now();
    const backend = memoryBackend();
    const store = backend.open({ now: () => now, orphanAgeMs: 1000 });
    await store.save("a", { image }, { ttlMs: 10 });
    now += 10;
    await store.save("a", { image, n: 2 });
    now += 1000;
    await store.deleteExpired();
    expect(backend.idsIn().length).toBe(1);
    expect((await backend.open().load("a"))?.thread).toEqual({ image, n: 2 });
  });
});

describe("deleteExpired", () => {
  it("continues from its cursor and deletes all orphans", async () => {
    const backend = memoryBackend();
    const store = backend.open({ limitBytes: 16 });
    const images = Array.from({ length: 250 }, () => base64(15));
    await store.save("a", { images });
    await store.save("b", { images });
    backend.records.get("")?.delete("a");
    const later = backend.open({ now: () => Date.now() + day + 1 });
    const clock = shiftableClock();
    backend.before = ({ operation, namespace }) => {
      if (operation === "list" && namespace !== "") clock.shift(36_000);
    };
    const cursors: string[] = [];
    let cursor: string | undefined;
    do {
      ({ cursor } = await later.deleteExpired({ cursor, timeoutMs: 60_000 }));
      if (cursor !== undefined) cursors.push(cursor);
    } while (cursor !== undefined);
    backend.before = () => undefined;
    expect(new Set(cursors).size).toBe(cursors.length);
    expect(cursors.length).toBeGreaterThan(2);
    expect(backend.idsIn().length).toBe(250);
    expect((await backend.open().load("b"))?.thread).toEqual({ images });
  });

  it("passes on the cursor of the inner store", async () => {
    const backend = memoryBackend();
    const store = backend.open();
    for (let n = 0; n < 150; n += 1) await store.save(`thread-${n}`, {}, { ttlMs: 1 });
    const later = backend.open({ now: () => Date.now() + day });
    const clock = shiftableClock();
    backend.before = ({ operation }) => {
      if (operation === "list") clock.shift(36_000);
    };
    const first = await later.deleteExpired({ timeoutMs: 60_000 });
    expect(first.deleted).toBeLessThan(150);
    const second = await later.deleteExpired({ cursor: first.cursor });
    expect([first.deleted + second.deleted, second.cursor]).toEqual([150, undefined]);
  });

  it("reads each thread once, after listing its attachments", async () => {
    const backend = memoryBackend();
    const store = backend.open({ limitBytes: 16 });
    const images = Array.from({ length: 20 }, () => base64(15));
    for (const id of ["a", "b", "c"]) await store.save(id, { images });
    backend.requests.length = 0;
    await backend.open({ now: () => Date.now() + day + 1 }).deleteExpired();
    expect(backend.requests.map(({ operation, namespace }) => `${operation} ${namespace}`)).toEqual([
      "list ",
      "list .attachments",
      "read ",
      "read ",
      "read ",
    ]);
  });

  it("keeps attachments that a corrupt thread may refer to", async () => {
    const backend = memoryBackend();
    await backend.open().save("a", { image });
    const threads = backend.records.get("");
    const record = threads?.get("a");
    if (record === undefined) throw new Error("The record is missing.");
    threads?.set("a", { ...record, bytes: record.bytes.slice(0, 50) });
    const later = backend.open({ now: () => Date.now() + day + 1 });
    await later.deleteExpired();
    expect(backend.idsIn().length).toBe(1);
    threads?.set("a", record);
    expect((await later.load("a"))?.thread).toEqual({ image });
  });

  it.each(["", "x", "attachments", "attachments:x", "threads:x", 5, null])(
    "rejects an invalid cursor: %s",
    async (cursor) => {
      const deleting = memoryBackend()
        .open()
        .deleteExpired({ cursor: cursor as string });
      await expect(deleting).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );
});
