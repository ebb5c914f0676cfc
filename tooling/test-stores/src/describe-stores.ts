import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { afterAll, beforeAll } from "vitest";
import { IS_QUICK, STORE_NAMES, type StoreName } from "./names.ts";
import { openStore, type StoreLocation } from "./store-location.ts";
import { TEST_STORES } from "./test-stores.ts";

export { type CreateStore, TEST_STORES } from "./test-stores.ts";

/** The stores on which a suite runs. */
export interface StoreSelection {
  /**
   * The stores of `npm run test:full`.
   * @default all
   */
  readonly full?: readonly StoreName[];
  /** The stores of `npm test`, which must be cheap: those that are embedded, and one on a server. */
  readonly quick: readonly StoreName[];
}

/** The store of a suite, which is new and empty. */
export interface StoreUnderTest {
  readonly name: StoreName;
  /** The name in titles. */
  readonly title: string;
  /** Returns the store, while tests and hooks run. It is closed after the tests of the suite. */
  readonly store: () => ThreadStore;
  /** Returns where the store is, so that other processes can open it. */
  readonly location: () => StoreLocation;
}

/**
 * Defines a suite for each store, such as "sessions in SQLite". Must be awaited at the top level of a test file, because
 * it starts the servers of the stores.
 */
export async function describeStores(
  subject: string,
  { full = STORE_NAMES, quick }: StoreSelection,
  suite: (store: StoreUnderTest) => void,
): Promise<void> {
  for (const name of IS_QUICK ? quick : full) {
    const { title, defineSuite } = TEST_STORES[name];
    await defineSuite(subject, (create) => {
      let opened: { folder: string; location: StoreLocation; store: ThreadStore } | undefined;
      beforeAll(async () => {
        const folder = await mkdtemp(join(tmpdir(), "threadstore-test-"));
        const location = await create(folder);
        opened = { folder, location, store: await openStore(location) };
      });
      afterAll(async () => {
        const { store, folder } = current();
        await store.close();
        await rm(folder, { recursive: true, force: true });
      });
      function current(): NonNullable<typeof opened> {
        if (opened === undefined) throw new Error("Stores exist only while tests and hooks run.");
        return opened;
      }
      suite({ name, title, store: () => current().store, location: () => current().location });
    });
  }
}
