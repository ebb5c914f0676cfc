/** The prices of a vendor, in US dollars. */
export interface Prices {
  readonly perMillionWrites: number;
  readonly perMillionReads: number;
  readonly perGigabyteMonth: number;
  /** The price of a server for a month of continuous use, with its replica. */
  readonly perServerMonth: number;
}

/** What calls cost in a store, as the test `costs.test.ts` of each adapter counts them. */
export interface Backend {
  readonly name: string;
  readonly writesPerSave: number;
  readonly readsPerLoad: number;
  /** The saves and loads per second that one unit (a prefix, an account, a server) can serve, as assumed here. */
  readonly unit: string;
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly prices: Prices;
}

const NO_REQUESTS = { perMillionWrites: 0, perMillionReads: 0 };

/**
 * Examples of prices, of 30 November 2026, in regions of the eastern United States and without discounts. Those of servers are
 * assumptions for one with 4 cores and its replica.
 */
export const BACKENDS: readonly Backend[] = [
  {
    name: "S3",
    writesPerSave: 1,
    readsPerLoad: 1,
    unit: "partitioned prefixes",
    writesPerSecond: 3500,
    readsPerSecond: 5500,
    prices: { perMillionWrites: 5, perMillionReads: 0.4, perGigabyteMonth: 0.023, perServerMonth: 0 },
  },
  {
    name: "Azure Blob Storage",
    writesPerSave: 1,
    readsPerLoad: 1,
    unit: "storage accounts",
    writesPerSecond: 20_000,
    readsPerSecond: 20_000,
    prices: { perMillionWrites: 5, perMillionReads: 0.4, perGigabyteMonth: 0.0184, perServerMonth: 0 },
  },
  {
    name: "Redis",
    writesPerSave: 1,
    readsPerLoad: 1,
    unit: "masters",
    writesPerSecond: 20_000,
    readsPerSecond: 40_000,
    prices: { ...NO_REQUESTS, perGigabyteMonth: 10, perServerMonth: 300 },
  },
  {
    name: "PostgreSQL",
    writesPerSave: 1,
    readsPerLoad: 1,
    unit: "primaries",
    writesPerSecond: 5000,
    readsPerSecond: 15_000,
    prices: { ...NO_REQUESTS, perGigabyteMonth: 0.23, perServerMonth: 500 },
  },
];

export interface Load {
  readonly savesPerSecond: number;
  readonly loadsPerSecond: number;
  readonly gigabytes: number;
}

export interface MonthlyCost {
  readonly name: string;
  readonly unit: string;
  /** The number of units that the load needs if it is spread evenly. */
  readonly units: number;
  readonly requests: number;
  readonly storage: number;
  readonly servers: number;
  readonly total: number;
}

const SECONDS_PER_MONTH = 30 * 24 * 3600;

/** Returns the monthly cost of a load: requests, storage and servers. */
export function monthlyCost(
  backend: Backend,
  { savesPerSecond, loadsPerSecond, gigabytes }: Load,
): MonthlyCost {
  const { name, unit, writesPerSave, readsPerLoad, writesPerSecond, readsPerSecond, prices } = backend;
  const [writes, reads] = [savesPerSecond * writesPerSave, loadsPerSecond * readsPerLoad];
  const units = Math.ceil(writes / writesPerSecond + reads / readsPerSecond);
  const millions = SECONDS_PER_MONTH / 1_000_000;
  const requests = (writes * prices.perMillionWrites + reads * prices.perMillionReads) * millions;
  const storage = gigabytes * prices.perGigabyteMonth;
  const servers = units * prices.perServerMonth;
  return { name, unit, units, requests, storage, servers, total: requests + storage + servers };
}
