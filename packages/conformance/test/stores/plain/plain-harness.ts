import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { Harness } from "../../../src/suite/harness.ts";
import type { PlainData } from "./plain-record.ts";
import { plainStore } from "./plain-store.ts";

/** Returns a harness that stores each location in a map in this process. `open` can wrap or replace the store. */
export function plainHarness(
  name = "plain store",
  open: (data: PlainData, options: StoreOptions) => ThreadStore = plainStore,
): Harness & Required<Pick<Harness, "rewrite" | "entries">> {
  const locations = new Map<string, PlainData>();
  function dataOf(location: string): PlainData {
    const data: PlainData = locations.get(location) ?? new Map();
    locations.set(location, data);
    return data;
  }
  return {
    name,
    open: async (location, options = {}) => open(dataOf(location), options),
    async destroy(location) {
      locations.delete(location);
    },
    async rewrite(location, id, change) {
      const rows = dataOf(location).get("[]");
      const row = rows?.get(id);
      if (row === undefined) throw new Error(`No row exists for ${id}.`);
      rows?.set(id, { ...row, bytes: change(row.bytes) });
    },
    async entries(location) {
      return [...dataOf(location)].flatMap(([namespace, rows]) =>
        [...rows.keys()].map((id) => `${namespace} ${id}`),
      );
    },
  };
}
