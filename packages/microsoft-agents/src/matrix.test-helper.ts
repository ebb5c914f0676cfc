import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStorage, MemoryStorage, type Storage } from "@microsoft/agents-hosting";
import { defineRow, defineStoreRows, type MatrixCheck, type SdkMatrix } from "@threadstore/matrix";
import { afterAll, describe } from "vitest";
import { threadStorage } from "./index.ts";
import { type Check, CHECKS } from "./kit.test-helper.ts";

// `npm run docs:matrix` runs this file.

interface Storages {
  /** Opens another client of the same items. */
  readonly open: () => Storage;
}

/** The checks of what the types say: of missing items, and of eTags. */
const DOCUMENTED: readonly string[] = [
  "leaves missing items out",
  "replaces an item with the current eTag, and rejects an older one",
  "lets one of many writers with the same eTag succeed",
  "loses no update of writers that check eTags",
];

function toCheck({ name, run }: Check): MatrixCheck<Storages> {
  return { name, run: async ({ open }) => run(open(), randomUUID()) };
}

interface Item {
  readonly texts: readonly string[];
  readonly eTag: string;
}

const MATRIX: SdkMatrix<Storages> = {
  documented: CHECKS.filter(({ name }) => DOCUMENTED.includes(name)).map(toCheck),
  beyond: CHECKS.filter(({ name }) => !DOCUMENTED.includes(name)).map(toCheck),
  async openConversation({ open }, name) {
    const storage = open();
    const read = async () => ((await storage.read([name])) as Record<string, Item | undefined>)[name];
    if ((await read()) === undefined) await storage.write({ [name]: { texts: [] } });
    return {
      async append(texts) {
        for (let attempts = 1; ; attempts += 1) {
          const item = await read();
          try {
            await storage.write({ [name]: { texts: [...(item?.texts ?? []), ...texts], eTag: item?.eTag } });
            return;
          } catch (error) {
            if (attempts === 100) throw error;
          }
        }
      },
      read: async () => (await read())?.texts ?? [],
    };
  },
};

await defineStoreRows(MATRIX, (store) => ({ open: () => threadStorage({ store }) }));

describe("MemoryStorage", () => {
  const storage = new MemoryStorage();
  defineRow(MATRIX, () => ({ open: () => storage }), { isPersistent: false });
});

describe("FileStorage", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-matrix-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  defineRow(MATRIX, () => ({ open: () => new FileStorage(folder) }));
});
