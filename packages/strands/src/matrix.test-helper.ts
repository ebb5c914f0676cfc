import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InMemoryStorage, LocalFileStorage } from "@strands-agents/sdk/storage";
import { defineRow, defineStoreRows, type MatrixCheck, type SdkMatrix } from "@threadstore/matrix";
import { afterAll, describe } from "vitest";
import { strandsStorage } from "./index.ts";
import { bytesOf, type Check, CHECKS, type KitStorages, textOf } from "./kit.test-helper.ts";

// `npm run docs:matrix` runs this file.

/** Checks that the documentation of `Storage` does not mention. */
const UNDOCUMENTED: readonly string[] = [
  "keys of any length with any characters are separate, and listed in order",
  "a listing contains exactly the keys that begin with the prefix, however long it is",
  "calls of one storage for one key take effect in their order",
  "a write of a value that another client has changed, deleted or created since is rejected",
  "of clients that continue the same value at once, one succeeds",
];

function toCheck({ name, run }: Check): MatrixCheck<KitStorages> {
  return { name, run };
}

const MATRIX: SdkMatrix<KitStorages> = {
  documented: CHECKS.filter(({ name }) => !UNDOCUMENTED.includes(name)).map(toCheck),
  beyond: CHECKS.filter(({ name }) => UNDOCUMENTED.includes(name)).map(toCheck),
  async openConversation({ open }, name) {
    const storage = open();
    const key = `matrix/${name}`;
    const read = async () => JSON.parse(textOf(await storage.read(key)) ?? "[]") as string[];
    return {
      // As the SDK's agents do: they write a snapshot that contains all messages.
      async append(texts) {
        for (let attempts = 1; ; attempts += 1) {
          const snapshot = [...(await read()), ...texts];
          try {
            await storage.write(key, bytesOf(JSON.stringify(snapshot)));
            return;
          } catch (error) {
            if (attempts === 100) throw error;
          }
        }
      },
      read,
    };
  },
};

await defineStoreRows(MATRIX, (store) => {
  const open = () => strandsStorage({ store });
  return { storage: open(), open };
});

describe("InMemoryStorage", () => {
  const storage = new InMemoryStorage();
  defineRow(MATRIX, () => ({ storage, open: () => storage, isOurs: false }), { isPersistent: false });
});

describe("LocalFileStorage", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-matrix-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = () => new LocalFileStorage(folder);
  defineRow(MATRIX, () => ({ storage: open(), open, isOurs: false }));
});
