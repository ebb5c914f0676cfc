import { markdownTable } from "../report/markdown-table.ts";
import { BACKENDS, type Load, monthlyCost } from "./costs.ts";
import type { Distribution, Simulation } from "./simulate.ts";

/** An example of a product: 10 million threads of 40 KB, and a load before each save. */
export const LOADS: readonly Load[] = [
  { savesPerSecond: 100, loadsPerSecond: 100, gigabytes: 400 },
  { savesPerSecond: 100_000, loadsPerSecond: 100_000, gigabytes: 400 },
];

/** Formats the tables of docs/scale.md, by name. */
export function formatTables(simulation: Simulation): { readonly [name: string]: string } {
  return {
    stores: storesTable(simulation),
    growth: growthTable(simulation),
    largest: largestTable(simulation),
    masters: mastersTable(simulation),
    costs: costsTable(),
  };
}

function storesTable({ hashed, pinned }: Simulation): string {
  const rows = hashed.map((distribution, index) => {
    const { shards, maxToMean } = distribution;
    const threads = shards.map((shard) => shard.threads);
    return [
      String(shards.length),
      `${thousands(Math.min(...threads))} to ${thousands(Math.max(...threads))}`,
      `${whole(leastBusy(distribution))} to ${whole(busiest(distribution))}`,
      maxToMean.toFixed(2),
      (pinned[index]?.maxToMean ?? 0).toFixed(2),
    ];
  });
  return markdownTable(
    ["stores", "threads per store", "saves/s per store", "busiest store / mean", "with pins and weights"],
    rows,
  );
}

function busiest({ shards }: Distribution): number {
  return Math.max(...shards.map(({ savesPerSecond }) => savesPerSecond));
}

function leastBusy({ shards }: Distribution): number {
  return Math.min(...shards.map(({ savesPerSecond }) => savesPerSecond));
}

function growthTable({ growth }: Simulation): string {
  const rows = growth.map(({ from, to, namespaces, threads, part, partWithModulo }) => [
    `${from} to ${to}`,
    whole(namespaces),
    thousands(threads),
    percent(part),
    percent(partWithModulo),
  ]);
  return markdownTable(
    ["stores", "namespaces that move", "threads", "part", "part with `hash % stores`"],
    rows,
  );
}

function largestTable({ largest }: Simulation): string {
  const rows = largest.map(({ namespaces, part, perSecond }) => [
    whole(namespaces),
    percent(part),
    whole(perSecond),
  ]);
  return markdownTable(["largest namespaces", "part of all saves", "saves/s together"], rows);
}

function mastersTable({ masters }: Simulation): string {
  const rows = masters.map(({ masters: count, maxToMean }) => [String(count), maxToMean.toFixed(2)]);
  return markdownTable(["masters", "busiest master / mean"], rows);
}

function costsTable(): string {
  const rows = BACKENDS.flatMap((backend) =>
    LOADS.map((load) => {
      const { name, unit, units, requests, storage, servers, total } = monthlyCost(backend, load);
      return [
        name,
        whole(load.savesPerSecond),
        `${units} ${unit}`,
        ...[requests, storage, servers, total].map(dollars),
      ];
    }),
  );
  return markdownTable(["backend", "saves/s", "needs", "requests", "storage", "servers", "a month"], rows);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function thousands(value: number): string {
  return `${whole(value / 1000)},000`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function dollars(value: number): string {
  return `$${whole(value)}`;
}
