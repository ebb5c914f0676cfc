import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { beforeEach, describe, expect, it } from "vitest";
import { createFixture, keyOf, openDriver, options, recordOf, writeText } from "./file-system.test-helper.ts";

let folder: string;
let driver: AsyncThreadDriver;

beforeEach(async () => {
  ({ folder, driver } = await createFixture());
});

function create(id: string, text = id, namespace = ""): Promise<Version> {
  return writeText(driver, keyOf(id, namespace), text);
}

/** Its name is hashed. */
const LONG_ID = "long ".repeat(50);

describe("a listing", () => {
  it("continues where the previous page ended, including after a restart", async () => {
    const ids = Array.from({ length: 45 }, (_, index) => `id ${String(index).padStart(2, "0")}`);
    for (const id of ids) await create(id);
    for (const limit of [1, 7, 44, 45, 46]) {
      const pages: string[][] = [];
      for (let after: string | undefined; ;) {
        const page = await openDriver({ folder }).list("", { ...ALL_BY_ID, after, limit }, options);
        pages.push(page.records.map((record) => record.id));
        if (page.next === undefined) break;
        after = page.next;
      }
      expect(pages.flat()).toEqual(ids);
      expect(pages.length).toBe(Math.ceil(45 / limit));
    }
  });

  it("ends if only the names of deleted threads follow", async () => {
    await create("a");
    await create("b");
    await mkdir(join(folder, "threads", "c"));
    expect((await driver.list("", { ...ALL_BY_ID, limit: 2 }, options)).next).toBeUndefined();
    expect((await driver.list("", { ...ALL_BY_ID, limit: 1 }, options)).next).toBe("a");
  });

  it("returns each record's version and only its tail", async () => {
    const version = await create("large", `${"x".repeat(100_000)},"threadstore":{tail`);
    const small = await create("small", "short");
    const { records } = await driver.list("", { ...ALL_BY_ID, limit: 2 }, options);
    expect(records.map((record) => [record.id, record.version])).toEqual([
      ["large", version],
      ["small", small],
    ]);
    expect(records[0]?.tail.length).toBe(16_384);
    expect(Buffer.from(records[0]?.tail ?? []).toString()).toMatch(/^x+,"threadstore":\{tail$/);
    expect(Buffer.from(records[1]?.tail ?? []).toString()).toBe("short");
  });

  it("returns a tail that is longer than usual if the trailer is", async () => {
    const trailer = `,"threadstore":{${"m".repeat(70_000)}`;
    await create("long", `${"x".repeat(100_000)}${trailer}`);
    const { records } = await driver.list("", { ...ALL_BY_ID, limit: 2 }, options);
    expect(records[0]?.tail.length).toBe(81_920);
    expect(Buffer.from(records[0]?.tail ?? []).toString()).toMatch(/^x+,"threadstore":\{m+$/);
  });

  it("by recency has the times of the saves, also in a copy of the store", async () => {
    const save = (id: string, updatedAt: number, expectedVersion?: Version): Promise<Version | undefined> =>
      driver.write(keyOf(id), { ...recordOf(id), updatedAt }, expectedVersion, options);
    const first = await save("a", 1);
    for (const [id, updatedAt] of Object.entries({ c: 5, b: 5, d: 2, [LONG_ID]: 3 })) {
      await save(id, updatedAt);
    }
    await save("a", 4, first);
    await driver.delete(keyOf("e"), (await save("e", 9)) ?? "", options);
    const copy = `${folder}-copy`;
    await cp(folder, copy, { recursive: true });
    const pages: unknown[] = [];
    for (let after: string | undefined, n = 0; n === 0 || after !== undefined; n += 1) {
      const page = { ...ALL_BY_ID, order: "updated", after, limit: 2 } as const;
      const { records, next } = await openDriver({ folder: copy }).list("", page, options);
      pages.push([...records.map(({ id }) => id.slice(0, 4)), next]);
      after = next;
    }
    expect(pages).toEqual([
      ["b", "c", "5 c"],
      ["a", "long", `3 ${LONG_ID}`],
      ["d", undefined],
    ]);
  });
});
