import { expect, it } from "vitest";
import { createAdaptiveSync } from "./adaptive-sync.ts";
import type { OpenFile } from "./synchronous-io.ts";

/** A file whose syncs take the given times in turn (negative: the sync fails), and a log of how each was made. */
function fileOnDisk(...durationsMs: number[]) {
  let time = 0;
  const syncs: string[] = [];
  const file = {
    async sync(scope, isBlocking) {
      syncs.push(`${scope} ${isBlocking ? "blocking" : "in a thread"}`);
      const duration = durationsMs.shift() ?? 0;
      time += Math.abs(duration);
      if (duration < 0) throw new Error("the disk is gone");
    },
  } satisfies Partial<OpenFile>;
  return { file: file as unknown as OpenFile, syncs, now: () => time };
}

it("blocks the event loop after a fast sync, and no longer after a slow one", async () => {
  const { file, syncs, now } = fileOnDisk(0.3, 0.3, 8, 8, 0.3, 0.3);
  const sync = createAdaptiveSync(now);
  for (const scope of ["data", "all", "data", "all", "data", "all"] as const) await sync(file, scope);
  expect(syncs).toEqual([
    "data in a thread",
    "all blocking",
    "data blocking",
    "all in a thread",
    "data in a thread",
    "all blocking",
  ]);
});

it("takes the duration of a failed sync into account", async () => {
  const { file, syncs, now } = fileOnDisk(0.3, -30, 0.3);
  const sync = createAdaptiveSync(now);
  await sync(file, "all");
  await expect(sync(file, "all")).rejects.toThrow("the disk is gone");
  await sync(file, "all");
  expect(syncs).toEqual(["all in a thread", "all blocking", "all in a thread"]);
});
