import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { Harness } from "../../../src/suite/harness.ts";
import type { PlainData } from "./plain-record.ts";
import { plainStore } from "./plain-store.ts";

/** A harness over maps in this process: one map a place. `open` may wrap or replace the store. */
export function plainHarness(
  name = "plain store",
  open: (data: PlainData, options: StoreOptions) => ThreadStore = plainStore,
): Harness & Required<Pick<Harness, "rewrite" | "entries">> {
  const places = new Map<string, PlainData>();
  function dataOf(place: string): PlainData {
    const data: PlainData = places.get(place) ?? new Map();
    places.set(place, data);
    return data;
  }
  return {
    name,
    open: async (place, options = {}) => open(dataOf(place), options),
    async destroy(place) {
      places.delete(place);
    },
    async rewrite(place, id, change) {
      const rows = dataOf(place).get("[]");
      const row = rows?.get(id);
      if (row === undefined) throw new Error(`There is no row of ${id}.`);
      rows?.set(id, { ...row, bytes: change(row.bytes) });
    },
    async entries(place) {
      return [...dataOf(place)].flatMap(([namespace, rows]) =>
        [...rows.keys()].map((id) => `${namespace} ${id}`),
      );
    },
  };
}
