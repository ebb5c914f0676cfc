import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { createFixture, options } from "./file-system.test-helper.ts";
import { encodeName, isHashedName } from "./keys.ts";

const LONG_NAME = "Long ".repeat(40);

test("namespaces whose folders have hashed names are found by the trailers of their records", async () => {
  const { folder } = await createFixture();
  const store = fileSystemStore({ folder });
  expect(isHashedName(encodeName(LONG_NAME))).toBe(true);
  const view = store.namespace(LONG_NAME);
  await view.save("t", {});
  await view.namespace("nested").save("t", {});
  await store.namespace("short").save("t", {});
  expect((await store.namespaces()).namespaces.toSorted()).toEqual([LONG_NAME, "short"].toSorted());
  expect((await view.namespaces()).namespaces).toEqual(["nested"]);
  expect(await view.erase()).toMatchObject({ threads: 2, cursor: undefined });
  expect((await store.namespaces()).namespaces).toEqual(["short"]);
  expect(await readdir(join(folder, "namespaces"))).toEqual(["short"]);
  await store.close();
});

test("folders that the store did not write, and empty ones, are not namespaces", async () => {
  const { folder, driver } = await createFixture();
  const store = fileSystemStore({ folder });
  await store.namespace("a").save("t", {});
  const namespaces = join(folder, "namespaces");
  await mkdir(join(namespaces, "empty"));
  // A delete that was interrupted leaves the folder of the thread.
  await mkdir(join(namespaces, "leftover", "t"), { recursive: true });
  await mkdir(join(namespaces, "%zz"));
  await store.namespace(LONG_NAME).save("t", {});
  // The hash is that of another name.
  await rename(join(namespaces, encodeName(LONG_NAME)), join(namespaces, encodeName(`${LONG_NAME}!`)));
  const page = await driver.listNamespaces({ within: "", after: undefined, limit: 10 }, options);
  expect(page).toEqual({ namespaces: ["a"], next: undefined });
  await store.close();
});

test("a namespace with a hashed name can be erased although all of its records are corrupt", async () => {
  const { folder } = await createFixture();
  const store = fileSystemStore({ folder });
  const view = store.namespace(LONG_NAME);
  const { version } = await view.save("t", {});
  const record = join(folder, "namespaces", encodeName(LONG_NAME), "t", version);
  for (const name of await readdir(record)) await writeFile(join(record, name), "corrupt");
  expect(await view.erase()).toMatchObject({ threads: 1, bytes: 0 });
  expect(await readdir(join(folder, "namespaces"))).toEqual([]);
  await store.close();
});

test("a page looks only into the namespaces on it", async () => {
  const { folder, driver } = await createFixture();
  const store = fileSystemStore({ folder });
  for (const name of ["a", "b", "c", "d"]) await store.namespace(name).save("t", {});
  const page = (after: string | undefined) => driver.listNamespaces({ within: "", after, limit: 2 }, options);
  expect(await page(undefined)).toEqual({ namespaces: ["a", "b"], next: "b" });
  await store.namespace("b").delete("t");
  expect(await page("b")).toEqual({ namespaces: ["c", "d"], next: undefined });
  await store.close();
});
