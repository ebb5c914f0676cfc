import { expect, it } from "vitest";
import { syncer } from "./sync.ts";
import type { OpenFile } from "./system-calls.ts";

/** A file on a disk that takes so long for each sync in turn, and how each was waited for. */
function fileOnDisk(...tookMs: number[]) {
  let time = 0;
  const ways: string[] = [];
  const file = {
    async sync(what, inPlace) {
      ways.push(`${what} ${inPlace ? "in place" : "elsewhere"}`);
      const took = tookMs.shift() ?? 0;
      time += Math.abs(took);
      if (took < 0) throw new Error("the disk is gone");
    },
  } satisfies Partial<OpenFile>;
  return { file: file as unknown as OpenFile, ways, now: () => time };
}

it("waits in place once the disk has answered at once, and until it is slow", async () => {
  const { file, ways, now } = fileOnDisk(0.3, 0.3, 8, 8, 0.3, 0.3);
  const sync = syncer(now);
  for (const what of ["data", "all", "data", "all", "data", "all"] as const) await sync(file, what);
  expect(ways).toEqual([
    "data elsewhere",
    "all in place",
    "data in place",
    "all elsewhere",
    "data elsewhere",
    "all in place",
  ]);
});

it("takes a failure for as slow as it was", async () => {
  const { file, ways, now } = fileOnDisk(0.3, -30, 0.3);
  const sync = syncer(now);
  await sync(file, "all");
  await expect(sync(file, "all")).rejects.toThrow("the disk is gone");
  await sync(file, "all");
  expect(ways).toEqual(["all elsewhere", "all in place", "all elsewhere"]);
});
