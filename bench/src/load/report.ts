import { markdownTable } from "../report/markdown-table.ts";
import { short } from "../report/numbers.ts";
import { FULL_PART, type LoadResult } from "./result.ts";
import { isFlat, type Slope } from "./slope.ts";

const BYTES_PER_MB = 1_000_000;

/** Formats the throughput and times of conversations, and whether memory and descriptors stay the same. */
export function loadTables(results: readonly LoadResult[]): { readonly conversations: string } {
  const header = [
    ["store", "minutes", "load", "turns/s", "p50 ms", "p99 ms", "p99.9 ms"],
    ["heap MB", "MB/minute", "descriptors", "per minute", "flat"],
  ].flat();
  const rows = results.flatMap((result) => {
    const [full, half] = [FULL_PART, 1 - FULL_PART].map((part) => short(part * result.minutes));
    return [
      [result.store, full ?? "", "full", ...phase(result.full), "", "", "", "", ""],
      [result.store, half ?? "", "half", ...phase(result.half), ...resources(result)],
    ];
  });
  return { conversations: markdownTable(header, rows) };
}

function phase({ turnsPerSecond, p50, p99, p999 }: LoadResult["full"]): readonly string[] {
  return [short(turnsPerSecond), short(p50), short(p99), short(p999)];
}

function resources({ heapBytes, descriptors, minutes }: LoadResult): readonly string[] {
  const areFlat = [heapBytes, descriptors].every((slope) => isFlat(slope, minutes));
  return [
    short(heapBytes.mean / BYTES_PER_MB),
    change(heapBytes, BYTES_PER_MB),
    short(descriptors.mean),
    change(descriptors, 1),
    areFlat ? "yes" : "no",
  ];
}

function change({ perMinute, error }: Slope, unit: number): string {
  return `${(perMinute / unit).toFixed(2)} ± ${(error / unit).toFixed(2)}`;
}
