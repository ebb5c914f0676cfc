import type { ThreadStore } from "@threadstore/core";
import { fail } from "./expectations.ts";

/** Complete, because TypeScript requires a member for each method. */
const METHODS: Readonly<Record<Exclude<keyof ThreadStore, typeof Symbol.asyncDispose>, true>> = {
  save: true,
  append: true,
  touch: true,
  load: true,
  delete: true,
  list: true,
  listPage: true,
  update: true,
  deleteExpired: true,
  namespaces: true,
  erase: true,
  namespace: true,
  close: true,
};

/** Fails and names the methods that the store lacks. A store of an earlier version of the contract does not have all. */
export function expectMethods(store: ThreadStore): void {
  const missing = Object.keys(METHODS)
    .filter((name) => typeof Reflect.get(store, name) !== "function")
    .map((name) => `\`${name}\``);
  if (missing.length > 0)
    fail("a store has all methods of a `ThreadStore`", `it lacks ${missing.join(", ")}`);
}
