import { cases, type Harness, register } from "@threadstore/conformance";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { IS_QUICK, openStore, SERVICE_LIMITS, type StoreName } from "@threadstore/test-stores";
import { describeStores, type StoreUnderTest } from "@threadstore/test-stores/vitest";
import { afterAll, describe, it } from "vitest";
import type { HistoryStore } from "./history-store.ts";
import type { KeepOptions } from "./options.ts";
import { withHistory } from "./with-history.ts";

/** Creates a harness whose locations are namespaces of one store. */
function harnessOver({ name: kind, title, location }: StoreUnderTest): Harness {
  async function openOver<Store extends ThreadStore>(
    name: string,
    options: StoreOptions,
    decorate: (view: ThreadStore) => Store,
  ): Promise<Store> {
    const root = await openStore(location(), { ...options, maxThreadBytes: 67_108_864 });
    const store = decorate(root.namespace(name));
    const close = store.close.bind(store);
    return Object.assign(store, {
      close: async () => {
        await close();
        await root.close();
      },
    });
  }
  const open = (name: string, keep: KeepOptions, options: StoreOptions = {}): Promise<HistoryStore> => {
    const { maxThreadBytes = 16_777_216 } = options;
    return openOver(name, options, (view) => withHistory(view, { keep, maxThreadBytes }));
  };
  return {
    name: `${title} with history`,
    open: (name, options) => open(name, {}, options),
    history: { open },
    withoutHistory: (name, options = {}) => openOver(name, options, (view) => view),
    async destroy(name) {
      const root = await openStore(location());
      await root.namespace(name).erase();
      await root.close();
    },
    timeoutFactor: 3,
    ...SERVICE_LIMITS[kind],
  };
}

/** The sections that a layer can affect, without names: here, those of namespaces must be shorter. */
const SECTIONS = [
  "Values",
  "Existence",
  "Versions and races",
  "Append and touch",
  "Listing",
  "Erasure",
  "Time",
  "Metadata",
  "Copying",
  "History",
];

/** Cases with the longest namespace, or with the namespaces that an erase reports: here, they include the location. */
const EXCLUDED = ["M1-8", "X2-2"];

const selected = cases.filter(({ id, tier, section }) => {
  const isInTier = tier === "core" || tier === "concurrent";
  return isInTier && SECTIONS.includes(section) && !EXCLUDED.includes(id);
});

// Each opening of a store in memory creates a new one. It is tested with its records in conformance.test.ts.
const full: readonly StoreName[] = ["sqlite", "file-system", "redis", "postgres", "azure-blob", "s3"];

await describeStores("versions", { full, quick: ["sqlite", "file-system", "postgres"] }, (store) => {
  // History over other layers is tested in tooling/test-layers.
  const selection = IS_QUICK ? { sections: ["History"] } : { cases: selected.map(({ id }) => id) };
  register(harnessOver(store), { describe, it, after: afterAll }, selection);
});
