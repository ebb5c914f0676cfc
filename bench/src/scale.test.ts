import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRuns } from "./scale-runs/runs.ts";
import { RUNS_FILE, runTables } from "./scale-runs/tables.ts";
import { BACKENDS, monthlyCost } from "./simulation/costs.ts";
import { withTables } from "./simulation/document.ts";
import { drawStores } from "./simulation/picture.ts";
import { formatTables } from "./simulation/report.ts";
import { simulate, WORKLOAD } from "./simulation/simulate.ts";
import { slotOf } from "./simulation/slots.ts";
import { drawCounts, seededRandom, zipfShares } from "./simulation/tenants.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const isFull = process.env["THREADSTORE_CONFORMANCE_EFFORT"] !== "quick";

describe("the simulation", () => {
  const small = simulate({ ...WORKLOAD, threads: 100_000, savesPerSecond: 20_000, tenants: 2000 });

  it("places each thread and each save once", () => {
    for (const { shards } of [...small.hashed, ...small.pinned]) {
      const sum = (of: (shard: (typeof shards)[number]) => number): number =>
        shards.reduce((total, shard) => total + of(shard), 0);
      expect(sum(({ threads }) => threads)).toBe(100_000);
      expect(sum(({ savesPerSecond }) => savesPerSecond)).toBe(20_000);
      expect(sum(({ namespaces }) => namespaces)).toBe(2000);
    }
  });

  it("moves about the share of the store that is added", () => {
    for (const { to, namespaces } of small.growth) {
      expect(Math.abs(namespaces / (2000 / to) - 1)).toBeLessThan(0.25);
    }
  });

  it("shows that pins and weights even out what the hash does not", () => {
    small.hashed.forEach(({ maxToMean }, index) => {
      expect(small.pinned[index]?.maxToMean).toBeLessThan(maxToMean);
    });
  });

  it("draws tenants in proportion to their shares", () => {
    const shares = zipfShares(50, 1);
    const counts = drawCounts(shares, 200_000, seededRandom(7));
    counts.forEach((count, index) => {
      expect(Math.abs(count / (200_000 * (shares[index] ?? 0)) - 1)).toBeLessThan(0.1);
    });
  });

  it("computes the slots of a Redis Cluster", () => {
    // The check value of CRC-16/XMODEM is 0x31c3.
    expect(slotOf("123456789")).toBe(0x31c3 % 16384);
  });
});

it("a month costs requests, storage and servers", () => {
  const [s3] = BACKENDS;
  if (s3 === undefined) throw new Error("S3 is a backend.");
  const cost = monthlyCost(s3, { savesPerSecond: 1, loadsPerSecond: 1, gigabytes: 100 });
  // 2.592 million of each.
  expect(cost).toMatchObject({ units: 1, servers: 0 });
  expect(cost.requests).toBeCloseTo(2.592 * 5 + 2.592 * 0.4);
  expect(cost.storage).toBeCloseTo(2.3);
});

it("docs/scale.md shows what was measured: node bench/src/scale.ts --write", () => {
  const page = readFileSync(join(DOCS, "scale.md"), "utf8");
  expect(withTables(page, runTables(readRuns(RUNS_FILE)))).toBe(page);
});

describe.runIf(isFull)("docs/scale.md", () => {
  it("shows the numbers of the simulation: node bench/src/scale.ts --write", () => {
    const simulation = simulate();
    const page = readFileSync(join(DOCS, "scale.md"), "utf8");
    expect(withTables(page, formatTables(simulation))).toBe(page);
    expect(readFileSync(join(DOCS, "pictures/scale.svg"), "utf8")).toBe(drawStores(simulation));
  }, 120_000);
});
