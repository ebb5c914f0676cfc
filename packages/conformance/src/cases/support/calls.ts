import type { ThreadStore, CallOptions } from "@threadstore/core";

type NamedCall = readonly [name: string, call: () => Promise<unknown>];

/** Returns every call that takes an id, with arguments that are otherwise valid. */
export function everyCallWithId(store: ThreadStore, id: string, options: CallOptions = {}): NamedCall[] {
  return [
    ["save", () => store.save(id, { n: 0 }, options)],
    ["save with overwrite", () => store.save(id, { n: 0 }, { ...options, overwrite: true })],
    ["append", () => store.append(id, [0], { ...options, create: { messages: [] } })],
    ["touch", () => store.touch(id, { ...options, metadata: { n: "0" } })],
    ["load", () => store.load(id, options)],
    ["delete", () => store.delete(id, options)],
    ["update", () => store.update(id, () => ({ n: 0 }), options)],
  ];
}

/** Returns every call of a store that can fail. */
export function everyCall(store: ThreadStore, id: string, options: CallOptions = {}): NamedCall[] {
  return [
    ...everyCallWithId(store, id, options),
    ["list", () => store.list(options)[Symbol.asyncIterator]().next()],
    ["listPage", () => store.listPage(options)],
    ["deleteExpired", () => store.deleteExpired(options)],
    ["namespaces", () => store.namespaces(options)],
    ["erase", () => store.erase(options)],
  ];
}

/** Makes one of {@link everyCall}. */
export function callNamed(
  name: string,
  store: ThreadStore,
  id: string,
  options: CallOptions,
): Promise<unknown> {
  const call = everyCall(store, id, options).find(([each]) => each === name);
  if (call === undefined) throw new Error(`Unknown call ${name}.`);
  return call[1]();
}
