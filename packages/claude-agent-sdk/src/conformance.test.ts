import { InMemorySessionStore } from "@anthropic-ai/claude-agent-sdk";
import { EMBEDDED, IS_QUICK, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { describe, expect, it } from "vitest";
import { claudeSessionStore } from "./index.ts";
import type { Check } from "./kit/check.test-helper.ts";
import { DOCUMENTED } from "./kit/documented.test-helper.ts";
import { RACES_AND_KEYS } from "./kit/races-and-keys.test-helper.ts";
import { REPETITIONS } from "./kit/repetitions.test-helper.ts";

const CHECKS = [...DOCUMENTED, ...REPETITIONS, ...RACES_AND_KEYS];
/** Small enough that nearly every check needs several segments. */
const SEGMENT_SIZES = [400, 524_288] as const;

/** Returns the checks for a store. In memory and on SQLite, they cost little. */
function checksFor(name: StoreName): readonly Check[] {
  if (!IS_QUICK || name === "memory" || name === "sqlite") return CHECKS;
  return CHECKS.filter(
    ({ quick }) => quick === "every store" || (quick !== undefined && name === "file-system"),
  );
}

await describeStores("sessions", { quick: [...EMBEDDED, "postgres"] }, ({ name, store }) => {
  describe.each(IS_QUICK ? SEGMENT_SIZES.slice(0, 1) : SEGMENT_SIZES)(
    "with segments of %i bytes",
    (segmentBytes) => {
      it.each(checksFor(name))("$name", async ({ run }) => {
        const openSessions = () => claudeSessionStore({ store: store(), segmentBytes });
        await run({ store: openSessions(), open: openSessions });
        expect(segmentBytes).toBeGreaterThan(0);
      });
    },
  );
});

describe("the SDK's own store in memory", () => {
  /** The checks that it fails, as the README says. The SDK's documentation only recommends to recognize repetitions. */
  const FAILED: readonly string[] = [
    "an append without entries creates no session, and is not a change of one",
    "a batch that is sent again is not stored again",
    "a batch that is sent again after 200 others is not stored again, and leaves the summary as it is",
    "the missing entries of a batch that was stored in part are added, in order",
    "an entry that a batch contains twice is stored once",
    "entries without a uuid in a batch that is sent again are not stored again",
    "entries in batches of other boundaries are not stored again, and leave the summary as it is",
    "writers that send the same batch at once store it once",
    "keys with any character, and keys that differ only in where a slash is, are separate",
    "loaded entries belong to the caller",
  ];

  it.each(CHECKS)("$name", async ({ name, run }) => {
    const store = new InMemorySessionStore() as Parameters<typeof run>[0]["store"];
    const outcome = await run({ store, open: () => store }).then(
      () => "passes",
      () => "fails",
    );
    expect(outcome).toBe(FAILED.includes(name) ? "fails" : "passes");
  });
});
