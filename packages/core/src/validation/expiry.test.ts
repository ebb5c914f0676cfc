import { describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";

describe("expiry", () => {
  it.each([0, -1, Number.NaN, "soon", null])("rejects ttlMs: %j", async (ttlMs) => {
    const saving = memoryStore().save("a", {}, { ttlMs: ttlMs as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
