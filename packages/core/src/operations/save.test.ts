import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver } from "../memory-store.ts";
import { rejected, scriptedDriver } from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { ThreadStore } from "../thread-store.ts";

const first = { text: "a".repeat(10_000) };
const second = { text: "b".repeat(10_000) };

/** Creates a store on a driver that keeps the bytes passed to it, which drivers must not do. */
function leakingStore(): {
  store: ThreadStore;
  leaked: Uint8Array[];
  next: ReturnType<typeof scriptedDriver>["next"];
} {
  const leaked: Uint8Array[] = [];
  const { driver, next } = scriptedDriver(memoryDriver());
  const leaking: ThreadDriver = {
    ...driver,
    write(key, record, ...rest) {
      leaked.push(record.bytes);
      return driver.write(key, record, ...rest);
    },
  };
  return { store: createThreadStore(leaking), leaked, next };
}

function textIn(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

describe("the buffer of a record", () => {
  it("is reused once the backend has stored the record", async () => {
    const { store, leaked } = leakingStore();
    await store.save("a", first);
    await store.save("b", second);
    expect(textIn(leaked[0])).toContain(second.text);
  });

  it("is not reused after a failed attempt, whose request may still be on its way", async () => {
    const { store, leaked, next } = leakingStore();
    next("write", rejected);
    await store.save("a", first);
    expect(leaked).toHaveLength(2);
    await store.save("b", second);
    expect(textIn(leaked[0])).toContain(first.text);
  });

  it("can be reused without affecting returned threads", async () => {
    const { store } = leakingStore();
    const saved = await store.save("a", first);
    const replaced = await store.save("a", second, { previous: saved });
    await store.save("b", { text: "c".repeat(10_000) });
    expect(saved.json).toBe(JSON.stringify(first));
    expect(saved.thread).toEqual(first);
    expect(replaced.json).toBe(JSON.stringify(second));
    const grown = { ...second, more: true };
    const last = await store.save("a", grown, { previous: replaced });
    expect(last.json).toBe(JSON.stringify(grown));
    expect((await store.load("a"))?.json).toBe(last.json);
    expect(replaced.json).toBe(JSON.stringify(second));
  });
});
