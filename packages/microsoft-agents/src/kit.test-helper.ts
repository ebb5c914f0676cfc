import { Activity } from "@microsoft/agents-activity";
import type { Storage, StoreItem } from "@microsoft/agents-hosting";
import { expect } from "vitest";

/** A check of a storage. */
export interface Check {
  readonly name: string;
  readonly run: (storage: Storage, key: string) => Promise<void>;
}

/** The messages of this package and of the SDK. */
const CONFLICT = /Another writer has changed|eTag conflict/u;

async function readOne(storage: Storage, key: string): Promise<StoreItem> {
  const items = await storage.read([key]);
  return items[key] as StoreItem;
}

/** Writes an item and resolves with it as it is read. */
async function written(storage: Storage, key: string, item: object): Promise<StoreItem> {
  await storage.write({ [key]: item });
  return readOne(storage, key);
}

/** Adds one to the count of an item, and starts over if another writer was faster. */
async function increment(storage: Storage, key: string): Promise<void> {
  for (;;) {
    const { count, eTag } = await readOne(storage, key);
    try {
      await storage.write({ [key]: { count: Number(count) + 1, eTag } });
      return;
    } catch {
      // Read it again.
    }
  }
}

const KEYS = [
  "a/b",
  "a\\b",
  "a/../b",
  "?%#*",
  "é 漢 😀 \u0000",
  "toString",
  "~sha256-",
  "k".repeat(255),
  "k".repeat(256),
  "k".repeat(400),
  "k".repeat(401),
  "k".repeat(402),
  "k".repeat(20_000),
  "漢".repeat(134),
  `${"x".repeat(99)}😀${"y".repeat(400)}`,
];

export const CHECKS: readonly Check[] = [
  {
    name: "leaves missing items out",
    run: async (storage, key) => {
      await storage.write({ [`${key}/b`]: { n: 1 } });
      expect(Object.keys(await storage.read([`${key}/a`, `${key}/b`, `${key}/c`]))).toEqual([`${key}/b`]);
    },
  },
  {
    name: "gives each write another eTag",
    run: async (storage, key) => {
      const first = await written(storage, key, { n: 1 });
      const second = await written(storage, key, { n: 1 });
      expect(first).toEqual({ n: 1, eTag: expect.stringMatching(/./u) as string });
      expect(second.eTag).not.toBe(first.eTag);
      expect((await readOne(storage, key)).eTag).toBe(second.eTag);
    },
  },
  {
    name: "replaces an item with the current eTag, and rejects an older one",
    run: async (storage, key) => {
      const first = await written(storage, key, { n: 1 });
      const second = await written(storage, key, { ...first, n: 2 });
      await expect(storage.write({ [key]: { ...first, n: 3 } })).rejects.toThrow(CONFLICT);
      expect(await readOne(storage, key)).toEqual(second);
    },
  },
  {
    name: "overwrites with `*`, with an empty eTag and without one",
    run: async (storage, key) => {
      await storage.write({ [key]: { n: 0 } });
      for (const [n, eTag] of ["*", "", undefined].entries()) {
        expect(await written(storage, key, { n, eTag })).toMatchObject({ n });
      }
    },
  },
  {
    name: "rejects the eTag of an item that was deleted",
    run: async (storage, key) => {
      const item = await written(storage, key, { n: 1 });
      await storage.delete([key]);
      await expect(storage.write({ [key]: item })).rejects.toThrow(CONFLICT);
      expect(await storage.read([key])).toEqual({});
    },
  },
  {
    name: "rejects the eTag of an item that was deleted and created again",
    run: async (storage, key) => {
      const item = await written(storage, key, { n: 1 });
      await storage.delete([key]);
      const created = await written(storage, key, { n: 1 });
      await expect(storage.write({ [key]: item })).rejects.toThrow(CONFLICT);
      expect(await readOne(storage, key)).toEqual(created);
    },
  },
  {
    name: "rejects eTags of other storages",
    run: async (storage, key) => {
      const item = await written(storage, key, { n: 1 });
      for (const eTag of ["1x", '"0x8DB"', 'W/"1"', "two words", "é"]) {
        await expect(storage.write({ [key]: { n: 2, eTag } })).rejects.toThrow(CONFLICT);
      }
      expect(await readOne(storage, key)).toEqual(item);
    },
  },
  {
    name: "writes the other items if one is rejected",
    run: async (storage, key) => {
      const stale = await written(storage, key, { n: 1 });
      await storage.write({ [key]: { n: 2 } });
      const changes = { [`${key}/a`]: { n: 3 }, [key]: { ...stale, n: 3 }, [`${key}/b`]: { n: 3 } };
      await expect(storage.write(changes)).rejects.toThrow(CONFLICT);
      expect(await storage.read(Object.keys(changes))).toMatchObject({
        [`${key}/a`]: { n: 3 },
        [key]: { n: 2 },
        [`${key}/b`]: { n: 3 },
      });
    },
  },
  {
    name: "lets one of many writers with the same eTag succeed",
    run: async (storage, key) => {
      const { eTag } = await written(storage, key, { n: 0 });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, async (_, index) => storage.write({ [key]: { n: index + 1, eTag } })),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
      expect(await readOne(storage, key)).toMatchObject({ n: winner + 1 });
    },
  },
  {
    name: "loses no update of writers that check eTags",
    run: async (storage, key) => {
      await storage.write({ [key]: { count: 0 } });
      await Promise.all(Array.from({ length: 6 }, async () => increment(storage, key)));
      expect(await readOne(storage, key)).toMatchObject({ count: 6 });
    },
  },
  {
    name: "keeps keys apart, whatever their length and characters",
    run: async (storage, key) => {
      const keys = KEYS.map((name) => `${key}/${name}`);
      await storage.write(Object.fromEntries(keys.map((name, index) => [name, { index }])));
      const items = await storage.read(keys);
      expect(keys.map((name) => (items[name] as { readonly index: number }).index)).toEqual([...KEYS.keys()]);
      await storage.delete(keys.slice(1));
      expect(Object.keys(await storage.read(keys))).toEqual(keys.slice(0, 1));
    },
  },
  {
    name: "accepts names of object members as keys and as members",
    run: async (storage) => {
      const items = [
        ["__proto__", JSON.parse('{"__proto__":{"n":1},"constructor":2}')],
        ["constructor", { n: 3 }],
      ] as const;
      await storage.write(Object.fromEntries(items));
      const read = await storage.read(["__proto__", "constructor"]);
      expect(Object.keys(read)).toEqual(["__proto__", "constructor"]);
      expect(JSON.stringify(read)).toContain('"__proto__":{"n":1},"constructor":2');
      await storage.delete(["__proto__", "constructor"]);
    },
  },
  {
    name: "stores any JSON, lone surrogates, activities and dates",
    run: async (storage, key) => {
      const activity = Activity.fromObject({ type: "message", text: "Hi" });
      const date = new Date(0);
      const item = { text: "\uD83D a\\ud83d 😀", list: [null, true, 1.5, { a: [] }], activity, date };
      expect(await written(storage, key, item)).toMatchObject(JSON.parse(JSON.stringify(item)) as object);
    },
  },
  {
    name: "returns items that belong to the caller, and copies those that it is passed",
    run: async (storage, key) => {
      const item = { list: [1], eTag: "*" };
      const writing = storage.write({ [key]: item });
      item.list.push(2);
      await writing;
      expect(item.eTag).toBe("*");
      const read = await readOne(storage, key);
      (read["list"] as number[]).push(3);
      expect(await readOne(storage, key)).toMatchObject({ list: [1] });
    },
  },
  {
    name: "deletes existing, missing and repeated keys, and none",
    run: async (storage, key) => {
      await storage.write({ [key]: { n: 1 } });
      await storage.delete([]);
      await storage.delete([`${key}/missing`, key, key]);
      expect(await storage.read([key, key])).toEqual({});
    },
  },
];
