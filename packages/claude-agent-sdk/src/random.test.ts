import { foldSessionSummary, type SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { memoryStore } from "@threadstore/core";
import type { MemoryRecords } from "@threadstore/core/driver";
import fc from "fast-check";
import { expect, it } from "vitest";
import { killedStore } from "./driver.test-helper.ts";
import { newKey } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

// Whatever several processes append, repeat and delete, in whatever order and wherever they are killed, a session has
// each entry once, in order, and the summary of its entries.

const RUNS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 40 : 1000;
const SEGMENT_BYTES = 250;

/**
 * A step of a process. `shape` has a letter for each entry: `u` with a `uuid`, the others without. An import appends
 * consecutive entries of the session in batches of other boundaries.
 */
type Step =
  | { readonly kind: "append"; readonly writer: number; readonly shape: string; readonly killAt: number }
  | {
      readonly kind: "repeat";
      readonly writer: number;
      readonly batch: number;
      readonly from: number;
      readonly more: string;
    }
  | { readonly kind: "import"; readonly writer: number; readonly from: number; readonly size: number }
  | { readonly kind: "delete" | "restart"; readonly writer: number };

const writer = fc.nat({ max: 2 });
const shape = fc
  .array(fc.constantFrom("u", "u", "m", "s", "t"), { minLength: 1, maxLength: 5 })
  .map((letters) => letters.join(""));
const more = fc.constantFrom("", "", "u", "uu");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      writer,
      shape,
      killAt: fc.nat({ max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("repeat" as const),
      writer,
      batch: fc.nat(),
      from: fc.nat({ max: 3 }),
      more,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("import" as const),
      writer,
      from: fc.nat({ max: 12 }),
      size: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("delete" as const, "restart" as const), writer }),
  },
);

/** Creates the entries of a batch. Entries without a `uuid` are equal to others, as modes are. */
function entriesOf(letters: string, index: number): SessionStoreEntry[] {
  return Array.from(letters, (letter, position) =>
    letter === "u"
      ? { type: "user", uuid: `${index}-${position}`, gitBranch: `branch-${index}` }
      : letter === "m"
        ? { type: "mode", mode: letter }
        : { type: "custom-title", customTitle: letter },
  );
}

it("a session has each entry once, whatever happens to it", async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), runSteps), {
    numRuns: RUNS,
  });
});

async function runSteps(steps: readonly Step[]): Promise<void> {
  const records: MemoryRecords = new Map();
  const open = () => claudeSessionStore({ store: memoryStore({ records }), segmentBytes: SEGMENT_BYTES });
  const processes = [open(), open(), open()];
  const key = newKey();
  let expected: SessionStoreEntry[] = [];
  const batches: SessionStoreEntry[][] = [];
  let count = 0;
  for (const each of steps) {
    const sessions = processes[each.writer] ?? open();
    if (each.kind === "restart") processes[each.writer] = open();
    if (each.kind === "delete") {
      await sessions.delete(key);
      expected = [];
      batches.length = 0;
    }
    if (each.kind === "append") {
      const batch = entriesOf(each.shape, (count += 1));
      // Only a batch with a `uuid` can be completed by a process that does not know whether it was stored.
      if (each.killAt > 0 && each.shape.includes("u")) {
        const dying = claudeSessionStore({
          store: killedStore(records, each.killAt, "after"),
          segmentBytes: SEGMENT_BYTES,
        });
        await dying.append(key, batch).catch(() => undefined);
      }
      await sessions.append(key, batch);
      expected.push(...batch);
      batches.push(batch);
    }
    if (each.kind === "repeat") {
      const batch = (batches[each.batch % Math.max(1, batches.length)] ?? []).slice(each.from);
      const added = entriesOf(each.more, (count += 1));
      await sessions.append(key, [...batch, ...added]);
      // Without an entry with a `uuid`, nothing shows that the others are repeated.
      const isKnown = batch.some(({ uuid }) => uuid !== undefined);
      expected.push(...(isKnown ? [] : batch), ...added);
    }
    if (each.kind === "import") {
      const from = each.from % Math.max(1, expected.length);
      const batch = expected.slice(from, from + each.size);
      await sessions.append(key, batch);
      if (batch.every(({ uuid }) => uuid === undefined)) expected.push(...batch);
    }
  }
  for (const sessions of [...processes, open()]) {
    expect((await sessions.load(key)) ?? []).toEqual(expected);
    const summaries =
      expected.length === 0 ? [] : [{ data: foldSessionSummary(undefined, key, expected).data }];
    expect(await sessions.listSessionSummaries(key.projectKey)).toMatchObject(summaries);
  }
}
