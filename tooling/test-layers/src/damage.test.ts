import { type MemoryRecords, memoryStore, type StoredThread } from "@threadstore/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STACKS, stackOn } from "./stacks.ts";

const words = Array.from({ length: 200 }, (_, index) => `word ${index % 31} of ${index % 17}`).join(" ");

describe.each(STACKS.map((layers) => ({ layers, title: layers.join(" over ") })))("$title", ({ layers }) => {
  /** Saves two threads of several segments, and returns how they are stored. */
  async function sample(): Promise<{ records: MemoryRecords; stored: Record<"a" | "b", StoredThread> }> {
    const records: MemoryRecords = new Map();
    const store = stackOn(layers, memoryStore({ records }));
    for (const id of ["a", "b"]) {
      let previous = await store.save(id, { messages: [`${id}: ${words}`] });
      previous = await store.save(id, { messages: [`${id}: ${words}`, "second"] }, { previous });
      await store.append(id, [`third of ${id}`]);
    }
    const inner = memoryStore({ records });
    const [a, b] = [await inner.load("a"), await inner.load("b")];
    if (a === undefined || b === undefined) throw new Error("The threads exist.");
    return { records, stored: { a, b } };
  }

  /** Loads the thread with all layers. Resolves with its JSON or the code of the error. */
  async function outcome(records: MemoryRecords, id: string): Promise<string | undefined> {
    return stackOn(layers, memoryStore({ records }))
      .load(id)
      .then(
        (thread) => thread?.json,
        (error: { code?: string }) => error.code,
      );
  }

  it("a record under another thread's id is CORRUPT, also with its metadata", async () => {
    const { records, stored } = await sample();
    const inner = memoryStore({ records });
    await inner.save("a", stored.b.json, { overwrite: true });
    expect(await outcome(records, "a")).toBe("CORRUPT");
    await inner.save("a", stored.b.json, { overwrite: true, metadata: stored.b.metadata });
    expect(await outcome(records, "a")).toBe("CORRUPT");
  });

  it("any change of what is stored is CORRUPT, or does not change the thread", async () => {
    const { records, stored } = await sample();
    const expected = await outcome(records, "a");
    expect(expected).toContain("third of a");
    const { json, metadata } = stored.a;
    const inner = memoryStore({ records });
    const change = fc.record({
      position: fc.nat(json.length - 1),
      removed: fc.constantFrom(0, 1, 1, 2, 40),
      inserted: fc.string({ maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ position, removed, inserted }) => {
        const changed = json.slice(0, position) + inserted + json.slice(position + removed);
        try {
          await inner.save("a", changed, { overwrite: true, metadata });
        } catch {
          // The store accepts only JSON objects.
          return;
        }
        expect(["CORRUPT", expected]).toContain(await outcome(records, "a"));
      }),
      { numRuns: 150 },
    );
  });
});
