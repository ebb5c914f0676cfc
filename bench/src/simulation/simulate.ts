import { rendezvous } from "@threadstore/router";
import { loadOfMasters, loadOfSlots } from "./slots.ts";
import { drawCounts, seededRandom, tenantName, zipfShares } from "./tenants.ts";

export interface Workload {
  readonly threads: number;
  readonly savesPerSecond: number;
  readonly tenants: number;
  /** How unequal tenants are: the n-th has a share proportional to 1/n^exponent. */
  readonly exponent: number;
  readonly seed: number;
}

export const WORKLOAD: Workload = {
  threads: 10_000_000,
  savesPerSecond: 100_000,
  tenants: 100_000,
  exponent: 1,
  seed: 1,
};

/** The namespaces, threads and saves of a store. */
export interface Shard {
  readonly name: string;
  readonly namespaces: number;
  readonly threads: number;
  readonly savesPerSecond: number;
  /** The saves of the largest namespace in it. */
  readonly largest: number;
}

/** A number of stores, and what each has. */
export interface Distribution {
  readonly shards: readonly Shard[];
  readonly mean: number;
  /** The saves of the busiest shard, divided by the mean. */
  readonly maxToMean: number;
}

/** What moves when a store is added. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly namespaces: number;
  readonly threads: number;
  /** The part of all threads. */
  readonly part: number;
  /** The part of the threads that would move if the store were a hash modulo the number of stores. */
  readonly partWithModulo: number;
}

export interface Simulation {
  readonly workload: Workload;
  readonly hashed: readonly Distribution[];
  /** With the largest namespaces pinned, and weights by which the others fill up the stores. */
  readonly pinned: readonly Distribution[];
  readonly growth: readonly Growth[];
  /** The part of the saves of the largest namespaces. */
  readonly largest: readonly {
    readonly namespaces: number;
    readonly part: number;
    readonly perSecond: number;
  }[];
  /** The saves of the busiest master of a Redis Cluster, divided by the mean. */
  readonly masters: readonly { readonly masters: number; readonly maxToMean: number }[];
}

const SHARD_COUNTS = [4, 8, 16] as const;
const PINNED = 32;

interface Tenant {
  readonly name: string;
  readonly threads: number;
  readonly saves: number;
}

/** Places the threads and saves of a workload, without storing them. */
export function simulate(workload: Workload = WORKLOAD): Simulation {
  const tenants = tenantsOf(workload);
  const hashed = SHARD_COUNTS.map((count) => distribute(tenants, weightsOf(count), new Map()));
  const slots = loadOfSlots(tenants.map(({ name, saves }) => [name, saves] as const));
  return {
    workload,
    hashed,
    pinned: SHARD_COUNTS.map((count) => balance(tenants, count)),
    growth: SHARD_COUNTS.map((count) => growthOf(tenants, count)),
    largest: [1, 10, 100, 1000].map((count) => shareOf(tenants, count)),
    masters: [3, 6, 12, 24].map((masters) => {
      const totals = loadOfMasters(masters, slots);
      return { masters, maxToMean: Math.max(...totals) / (workload.savesPerSecond / masters) };
    }),
  };
}

function tenantsOf({ threads, savesPerSecond, tenants, exponent, seed }: Workload): Tenant[] {
  const random = seededRandom(seed);
  const shares = zipfShares(tenants, exponent);
  const threadCounts = drawCounts(shares, threads, random);
  const saveCounts = drawCounts(shares, savesPerSecond, random);
  return Array.from(shares, (_, index) => ({
    name: tenantName(index),
    threads: threadCounts[index] ?? 0,
    saves: saveCounts[index] ?? 0,
  }));
}

function weightsOf(count: number): Map<string, number> {
  return new Map(Array.from({ length: count }, (_, index) => [`store-${index + 1}`, 1]));
}

function distribute(
  tenants: readonly Tenant[],
  weights: ReadonlyMap<string, number>,
  pins: ReadonlyMap<string, string>,
): Distribution {
  const shards = new Map(
    [...weights.keys()].map((name) => [name, { namespaces: 0, threads: 0, saves: 0, largest: 0 }]),
  );
  for (const { name, threads, saves } of tenants) {
    const shard = shards.get(pins.get(name) ?? rendezvous(weights, name));
    if (shard === undefined) throw new Error("Every tenant has a store.");
    shard.namespaces += 1;
    shard.threads += threads;
    shard.saves += saves;
    shard.largest = Math.max(shard.largest, saves);
  }
  const all = [...shards].map(([name, { saves, ...shard }]) => ({ name, ...shard, savesPerSecond: saves }));
  const mean = all.reduce((sum, { savesPerSecond }) => sum + savesPerSecond, 0) / weights.size;
  const max = Math.max(...all.map(({ savesPerSecond }) => savesPerSecond));
  return { shards: all, mean, maxToMean: max / mean };
}

/**
 * Pins each of the largest tenants to the store with the least load of these, and gives the stores weights for the others, in
 * proportion to what they can still take.
 */
function balance(tenants: readonly Tenant[], count: number): Distribution {
  const loads = new Map([...weightsOf(count).keys()].map((name) => [name, 0]));
  const pins = new Map<string, string>();
  for (const { name, saves } of tenants.slice(0, PINNED)) {
    const [[least, load] = ["", 0]] = [...loads].toSorted(([, left], [, right]) => left - right);
    pins.set(name, least);
    loads.set(least, load + saves);
  }
  const mean = tenants.reduce((sum, { saves }) => sum + saves, 0) / count;
  const weights = new Map([...loads].map(([name, load]) => [name, Math.max(0, mean - load)]));
  return distribute(tenants, weights, pins);
}

function growthOf(tenants: readonly Tenant[], from: number): Growth {
  const to = from + 1;
  const [before, after] = [weightsOf(from), weightsOf(to)];
  const moved = tenants.filter(({ name }) => rendezvous(before, name) !== rendezvous(after, name));
  const threads = moved.reduce((sum, tenant) => sum + tenant.threads, 0);
  const total = tenants.reduce((sum, tenant) => sum + tenant.threads, 0);
  // Of `from * to` remainders in a row, `from` are the same for both numbers.
  const partWithModulo = 1 - 1 / to;
  return { from, to, namespaces: moved.length, threads, part: threads / total, partWithModulo };
}

function shareOf(tenants: readonly Tenant[], namespaces: number): Simulation["largest"][number] {
  const perSecond = tenants.slice(0, namespaces).reduce((sum, { saves }) => sum + saves, 0);
  const total = tenants.reduce((sum, { saves }) => sum + saves, 0);
  return { namespaces, part: perSecond / total, perSecond };
}
