import type { ThreadStore } from "@threadstore/core";
import { checkOptionNames, isWithin, type OptionNames } from "@threadstore/core/decorator";
import type { Weights } from "./hashing.ts";

/** The options of {@link routerStore}. */
export interface RouterOptions {
  /**
   * The stores by name. A name must stay the same as long as its store contains threads, and all processes must use the
   * same stores. The router owns and closes them.
   */
  readonly stores: { readonly [name: string]: ThreadStore };
  /**
   * The store for each namespace that the object names, regardless of the hash. Names are those of outermost
   * namespaces.
   * @default {} (none)
   */
  readonly pins?: { readonly [namespace: string]: string } | undefined;
  /**
   * Returns the name of the store of a namespace that is not pinned. It must return the same name in every process, for
   * as long as the namespace contains threads.
   * @default a weighted hash of the namespace
   */
  readonly route?: ((namespace: string) => string) | undefined;
  /**
   * The relative capacity of stores. A store with the weight 2 gets twice as many namespaces as one with the weight 1,
   * and a store with the weight 0 only gets pinned namespaces.
   * @default 1 for each store
   */
  readonly weights?: { readonly [name: string]: number } | undefined;
  /**
   * The store of the threads without a namespace.
   * @default the first store
   */
  readonly root?: string | undefined;
  /**
   * A store, or a view of one, in which the routers of all processes record where namespaces are, so that
   * `moveNamespace` and `rebalance` can move them while they are in use. It must not be in one of `stores`. The first
   * call creates the record from `weights`, `pins`, `root` and `leaseMs`. Later changes of these options have no
   * effect. The router owns and closes the store.
   * @default undefined (the options alone determine where namespaces are)
   */
  readonly placement?: ThreadStore | undefined;
  /**
   * How long a process relies on the record in `placement` after it has read it, in milliseconds. A move takes at least
   * that long.
   * @default 5000
   */
  readonly leaseMs?: number | undefined;
  /**
   * How long a call may take, including retries, in milliseconds. Replaces the `timeoutMs` of the stores.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}

const OPTION_NAMES: OptionNames<RouterOptions> = {
  stores: "required",
  pins: true,
  route: true,
  weights: true,
  root: true,
  placement: true,
  leaseMs: true,
  timeoutMs: true,
};

export type Stores = ReadonlyMap<string, ThreadStore>;

export interface ResolvedOptions {
  readonly stores: Stores;
  readonly pins: ReadonlyMap<string, string>;
  readonly route: ((namespace: string) => string) | undefined;
  readonly weights: Weights;
  readonly root: string;
  readonly placement: ThreadStore | undefined;
  readonly leaseMs: number;
  readonly timeoutMs: number;
}

/** Returns the options with defaults. Throws a `TypeError` for an invalid option, which is a bug in the program. */
export function resolveOptions(options: RouterOptions): ResolvedOptions {
  checkOptionNames(options, OPTION_NAMES);
  const { route, placement, leaseMs = 5000, timeoutMs = 30_000 } = options;
  const stores = checkedStores(options.stores);
  const pins = new Map(Object.entries(options.pins ?? {}));
  const weights = new Map([...stores.keys()].map((name) => [name, 1]));
  const [first = ""] = stores.keys();
  const root = options.root ?? first;
  check(stores.has(root), "`root` must be the name of a store.");
  for (const [namespace, name] of pins) {
    check(namespace !== "", "`pins` must not name an empty namespace. Set `root` instead.");
    check(stores.has(name), "`pins` must contain names of stores.");
  }
  for (const [name, weight] of Object.entries(options.weights ?? {})) {
    check(stores.has(name), "The members of `weights` must be names of stores.");
    check(isWeight(weight), "`weights` must contain finite numbers of at least 0.");
    weights.set(name, weight);
  }
  check(Math.max(...weights.values()) > 0, "At least one of `weights` must be greater than 0.");
  check(route === undefined || typeof route === "function", "`route` must be a function.");
  check(isTimeout(timeoutMs), "`timeoutMs` must be a number of milliseconds from 1 to 2147483647.");
  check(
    Number.isFinite(leaseMs) && leaseMs >= 0,
    "`leaseMs` must be a number of milliseconds of at least 0.",
  );
  if (placement !== undefined) checkPlacement(placement, stores);
  return { stores, pins, route, weights, root, placement, leaseMs, timeoutMs };
}

/** An erase of the router would delete the record, and a move could move it. */
function checkPlacement(placement: unknown, stores: Stores): void {
  check(isStore(placement), "`placement` must be a ThreadStore.");
  const isInside = [...stores.values()].some(
    (store) => store === placement || isWithin(placement as object, store),
  );
  check(!isInside, "`placement` must not be one of `stores`, or a namespace in it. Open another store.");
}

function isStore(store: unknown): boolean {
  return typeof store === "object" && store !== null && "listPage" in store && "save" in store;
}

function checkedStores(stores: unknown): Stores {
  const entries = Object.entries(typeof stores === "object" && stores !== null ? stores : {});
  check(entries.length > 0, "`stores` must be an object with at least one store.");
  for (const [name, store] of entries) {
    check(name !== "" && name.isWellFormed(), "The names in `stores` must be non-empty, well-formed text.");
    check(isStore(store), `\`stores.${name}\` must be a ThreadStore.`);
  }
  const all = entries as [string, ThreadStore][];
  for (const [name, store] of all) {
    const other = all.find(([, each]) => each !== store && isWithin(store, each));
    const isRepeated = all.some(([otherName, each]) => each === store && otherName !== name);
    check(
      other === undefined && !isRepeated,
      `\`stores.${name}\` must not be the same location as another store, or a namespace of it.`,
    );
  }
  return new Map(all);
}

function isWeight(weight: unknown): boolean {
  return typeof weight === "number" && Number.isFinite(weight) && weight >= 0;
}

function isTimeout(value: unknown): boolean {
  return typeof value === "number" && value >= 1 && value <= 2_147_483_647;
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(rule);
}
