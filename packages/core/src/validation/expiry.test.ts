import { describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";

describe("expiry", () => {
  it.each([0, -1, Number.NaN, "soon", null])("rejects ttlMs: %j", async (ttlMs) => {
    const saving = memoryStore().save("a", {}, { ttlMs: ttlMs as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("stays as a save named it, whatever the store's ttlMs, until another save names one", async () => {
    let now = 1_000_000;
    const store = memoryStore({ ttlMs: 60_000, now: () => now });
    const named = [{ ttlMs: 5000 }, { expiresAt: new Date(now + 5000) }, { expiresAt: null }];
    for (const [index, options] of named.entries()) {
      const id = String(index);
      let saved = await store.save(id, { n: 0 }, options);
      const { expiresAt } = saved;
      expect(expiresAt?.getTime()).toBe(options.expiresAt === null ? undefined : now + 5000);
      now += 10;
      saved = await store.save(id, { n: 1 }, { previous: saved });
      expect(saved.expiresAt).toEqual(expiresAt);
      saved = await store.save(id, { n: 2 }, { previous: saved.version, metadata: { title: "renamed" } });
      expect(saved.expiresAt).toEqual(expiresAt);
      saved = await store.save(id, { n: 3 }, { overwrite: true });
      expect(saved.expiresAt).toEqual(expiresAt);
      saved = await store.save(id, { n: 4 }, { previous: saved, ttlMs: 7000 });
      expect(saved.expiresAt?.getTime()).toBe(now + 7000);
      now -= 10;
    }
  });

  it("slides with each save by the store's ttlMs if no save named one", async () => {
    let now = 1_000_000;
    const store = memoryStore({ ttlMs: 60_000, now: () => now });
    let saved = await store.save("a", { n: 0 });
    for (const options of [{}, { metadata: { title: "renamed" } }]) {
      now += 30_000;
      saved = await store.save("a", { n: now }, { ...options, previous: saved });
      expect(saved.expiresAt?.getTime()).toBe(now + 60_000);
    }
  });
});
