import { randomBytes } from "node:crypto";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { describe, expect, it } from "vitest";
import { BY_METADATA } from "./many-threads/calls.ts";
import { type CallCost, ERASE, EXPIRY, measureIn } from "./many-threads/measure.ts";
import { manyThreadsTables } from "./many-threads/report.ts";
import {
  openPostgres,
  openRedis,
  type OpenedStore,
  type OpenOptions,
  type StoreName,
  type StorePlace,
  STORES,
} from "./stores/open-stores.ts";

const [FEW, MANY] = [300, 1200];
/** More than the growth of anything but names: a page has a rest, and a bucket of Redis more or fewer threads. */
const FLAT = 1.3;

/** Resolves with how the requests of each call grow with the number of threads. */
async function growthOf(
  store: StoreName,
  open: () => Promise<StorePlace>,
): Promise<ReadonlyMap<string, number>> {
  const costs: CallCost[] = [];
  for (const threads of [FEW, MANY]) {
    const limits = { repeatMs: 0, jobMs: 600_000, onProgress: () => undefined };
    costs.push(...(await measureIn(await open(), { store, threads, ...limits })));
  }
  expect(manyThreadsTables(costs).many.split("\n")).toHaveLength(2 + costs.length / 2);
  const calls = Map.groupBy(costs, ({ call }) => call);
  return new Map(
    [...calls].map(([call, [few, many]]) => [call, (many?.requests ?? 0) / (few?.requests ?? 0)]),
  );
}

const uniqueName = (): string => `many_${randomBytes(4).toString("hex")}_`;

describe("the requests of calls", () => {
  it("do not depend on the number of threads in SQLite", async () => {
    for (const [call, growth] of await growthOf("sqlite", STORES.sqlite)) {
      expect.soft(growth, call).toBeLessThan(FLAT);
    }
  });

  it("grow only with the names that are read in files, and jobs read each name once", async () => {
    const growth = await growthOf("file-system", STORES["file-system"]);
    for (const call of [EXPIRY, ERASE]) expect.soft(growth.get(call), call).toBeLessThan(FLAT);
    for (const [call, factor] of growth) expect.soft(factor, call).toBeLessThan((FLAT * MANY) / FEW);
  });
});

/** Returns the store with other methods. */
function changed(store: ThreadStore, methods: Partial<ThreadStore>): ThreadStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("measurements of slow stores", () => {
  it("run a slow call once, and count a job that does not end by the threads that it has visited", async () => {
    const memory = memoryStore();
    let recentPages = 0;
    const open = ({ counter }: OpenOptions = {}): OpenedStore => {
      const slowNamespace = (name: string): ThreadStore => {
        const store = memory.namespace(name);
        return changed(store, {
          async listPage(options = {}) {
            if (options.order === "updated") recentPages += 1;
            return store.listPage(options);
          },
          async deleteExpired() {
            if (counter !== undefined) counter.count = 300;
            // With every fiftieth thread expired, it has visited 150.
            return { deleted: 3, cursor: "position" };
          },
        });
      };
      const store = changed(memory, { namespace: slowNamespace });
      return { store, [Symbol.asyncDispose]: async () => undefined };
    };
    const limits = { repeatMs: 0, jobMs: 1000, onProgress: () => undefined };
    const place = { open, stop: async () => undefined };
    const costs = await measureIn(place, { store: "memory", threads: FEW, ...limits });
    expect(recentPages).toBe(1);
    expect(costs.find(({ call }) => call === EXPIRY)?.requests).toBe(2000);
  });
});

await describeWithService("redis", "the commands of calls to Redis", (endpoint) => {
  it("depend on the number of threads only if metadata is searched", async () => {
    const growth = await growthOf("redis", async () => {
      const prefix = uniqueName();
      return { open: (options) => openRedis(endpoint, { ...options, prefix }), stop: async () => undefined };
    });
    for (const [call, factor] of growth) {
      // Redis has no index of metadata, so half of the threads are read to find those in the middle.
      const limit = call === BY_METADATA ? (FLAT * MANY) / FEW : FLAT;
      expect.soft(factor, call).toBeLessThan(limit);
    }
  });
});

await describeWithService("postgres", "the statements of calls to PostgreSQL", (endpoint) => {
  it("do not depend on the number of threads", async () => {
    const growth = await growthOf("postgres", async () => {
      const tablePrefix = uniqueName();
      const open: StorePlace["open"] = (options) => openPostgres(endpoint, { ...options, tablePrefix });
      return { open, stop: async () => undefined };
    });
    for (const [call, factor] of growth) expect.soft(factor, call).toBeLessThan(FLAT);
  });
});
