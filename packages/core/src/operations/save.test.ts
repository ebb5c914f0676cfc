import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver } from "../memory-store.ts";
import { ScriptedFailure, scriptedDriver } from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { ThreadStore } from "../thread-store.ts";

const first = { text: "a".repeat(10_000) };
const second = { text: "b".repeat(10_000) };

/** A store on a driver that keeps, as it must not, the bytes that it was given. */
function watched(): {
  store: ThreadStore;
  given: Uint8Array[];
  next: ReturnType<typeof scriptedDriver>["next"];
} {
  const given: Uint8Array[] = [];
  const { driver, next } = scriptedDriver(memoryDriver());
  const watching: ThreadDriver = {
    ...driver,
    write(key, record, ...rest) {
      given.push(record.bytes);
      return driver.write(key, record, ...rest);
    },
  };
  return { store: createThreadStore(watching), given, next };
}

function textIn(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

describe("the memory of a record", () => {
  it("serves another once the backend has it", async () => {
    const { store, given } = watched();
    await store.save("a", first);
    await store.save("b", second);
    expect(textIn(given[0])).toContain(second.text);
  });

  it("serves no other when a try failed, of which something may still be on its way", async () => {
    const { store, given, next } = watched();
    next("write", async () => {
      throw new ScriptedFailure({ applied: "no" });
    });
    await store.save("a", first);
    expect(given).toHaveLength(2);
    await store.save("b", second);
    expect(textIn(given[0])).toContain(first.text);
  });

  it("is nothing that who saved has to know", async () => {
    const { store } = watched();
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
