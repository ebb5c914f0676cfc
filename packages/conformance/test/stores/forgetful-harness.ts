import type { Harness } from "../../src/suite/harness.ts";
import { wrapStore } from "../mutants/mutant.ts";
import { plainHarness } from "./plain/plain-harness.ts";
import type { PlainData } from "./plain/plain-record.ts";
import { plainStore } from "./plain/plain-store.ts";

/**
 * Returns a harness whose backend runs in this process and writes to its disk only after every `savesPerWrite` saves.
 * A crash loses all changes since the last write.
 */
export function forgetfulHarness(name: string, savesPerWrite: number): Harness {
  const disks = new Map<PlainData, PlainData>();
  let saves = 0;
  const harness = plainHarness(name, (data, options) =>
    wrapStore(plainStore(data, options), { data, options }, (inner) => ({
      async save(...parameters) {
        const stored = await inner.save(...parameters);
        saves += 1;
        if (saves % savesPerWrite === 0) disks.set(data, copyOf(data));
        // Simulates the latency of a response.
        await new Promise((resolve) => setTimeout(resolve, 1));
        return stored;
      },
    })),
  );
  return {
    ...harness,
    backend: {
      async crash() {
        for (const [data, disk] of disks) {
          data.clear();
          for (const [namespace, rows] of copyOf(disk)) data.set(namespace, rows);
        }
      },
    },
  };
}

function copyOf(data: PlainData): PlainData {
  return new Map([...data].map(([namespace, rows]) => [namespace, new Map(rows)]));
}
