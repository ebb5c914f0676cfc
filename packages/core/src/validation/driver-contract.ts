import type { ThreadDriver } from "../thread-driver.ts";

/** The version of the driver interface that this package uses. */
const CONTRACT: ThreadDriver["contract"] = 2;

/** The methods of a driver, with the contract that introduced each. */
const METHODS: {
  readonly [Method in keyof ThreadDriver as ThreadDriver[Method] extends Function ? Method : never]: number;
} = {
  read: 1,
  write: 1,
  delete: 1,
  list: 1,
  close: 1,
  readTail: 2,
  patch: 2,
  listNamespaces: 2,
};

/**
 * Throws a `TypeError` unless the driver implements the contract. A driver written in JavaScript, or installed in another
 * version, may implement an older one.
 */
export function checkContract(driver: ThreadDriver): void {
  if (typeof driver !== "object" || driver === null) throw new TypeError("`driver` must be a ThreadDriver.");
  const { contract }: { readonly contract: unknown } = driver;
  const missing = Object.keys(METHODS)
    .filter((name) => !(name in driver))
    .map((name) => `\`${name}\``);
  if (contract === CONTRACT && missing.length === 0) return;
  const lacks = missing.length === 0 ? "" : ` It lacks the methods ${missing.join(", ")}.`;
  throw new TypeError(
    `The driver implements contract ${String(contract)}, but @threadstore/core requires contract ${CONTRACT}.${lacks} Install compatible versions of both.`,
  );
}
