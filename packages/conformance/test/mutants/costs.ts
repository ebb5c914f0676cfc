import type { ListedRecord } from "@threadstore/core/driver";
import { respHarness } from "../stores/resp/resp-harness.ts";
import type { Mutant } from "./mutant.ts";
import { driverMutant } from "./network-mutant.ts";

export const costMutants: readonly Mutant[] = [
  driverMutant("whole records", "reads each thread completely to list it", ["L3-1"], (inner) => ({
    ...inner,
    async list(namespace, page, options) {
      const { records, next } = await inner.list(namespace, page, options);
      const read = records.map(async ({ id, version }): Promise<ListedRecord> => {
        const current = await inner.read({ namespace, id }, undefined, options);
        return { id, version, tail: current?.bytes ?? new Uint8Array() };
      });
      return { records: await Promise.all(read), next };
    },
  })),
  driverMutant(
    "short tails",
    "lists with the last 16 KiB of each record only",
    ["M1-7", "M1-8"],
    (inner) => ({
      ...inner,
      async list(namespace, page, options) {
        const { records, next } = await inner.list(namespace, page, options);
        return { records: records.map((each) => ({ ...each, tail: each.tail.subarray(-16_384) })), next };
      },
    }),
  ),
  driverMutant("own pages", "lists everything to create one page", ["L3-2"], (inner) => ({
    ...inner,
    async list(namespace, { after, limit, ...request }, options) {
      const all: ListedRecord[] = [];
      let next: string | undefined;
      do {
        const page = await inner.list(namespace, { ...request, after: next, limit: 1000 }, options);
        all.push(...page.records);
        ({ next } = page);
      } while (next !== undefined);
      const start = after === undefined ? 0 : Number(after);
      const end = start + limit;
      return { records: all.slice(start, end), next: end < all.length ? String(end) : undefined };
    },
  })),
  {
    name: "RESP, no index",
    bug: "scans all keys and reads whole records to list some",
    base: "Redis",
    killedBy: ["L3-1", "L3-2", "L6-8"],
    make: () => respHarness("no index"),
  },
];
