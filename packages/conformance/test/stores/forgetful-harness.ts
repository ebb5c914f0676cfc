import type { Harness } from "../../src/suite/harness.ts";
import { wrapped } from "../mutants/mutant.ts";
import { plainHarness } from "./plain/plain-harness.ts";
import type { PlainData } from "./plain/plain-record.ts";
import { plainStore } from "./plain/plain-store.ts";

/** A backend in this process, whose crash takes what was changed since its last write to the disk, every so many saves. */
export function forgetfulHarness(name: string, savesPerWrite: number): Harness {
  const disks = new Map<PlainData, PlainData>();
  let saves = 0;
  const harness = plainHarness(name, (data, options) =>
    wrapped(plainStore(data, options), { data, options }, (inner) => ({
      async save(...parameters) {
        const stored = await inner.save(...parameters);
        saves += 1;
        if (saves % savesPerWrite === 0) disks.set(data, copyOf(data));
        // An answer takes its time.
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
