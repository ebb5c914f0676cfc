import type { ThreadStore } from "@threadstore/core";

/** Called before each call of a store. May throw, or never resolve. */
export type BeforeCall = (operation: string, id: unknown, content: unknown) => Promise<void> | void;

const OPERATIONS = ["append", "delete", "listPage", "load", "namespaces", "save", "touch"];

/** Returns a store that reports its calls, in all of its namespaces. Each page of a listing is a call. */
export function observedStore(store: ThreadStore, before: BeforeCall): ThreadStore {
  return new Proxy(store, {
    get(target, property): unknown {
      if (property === "namespace") return (name: string) => observedStore(target.namespace(name), before);
      if (property === "list") return (options: object) => listing(target, options, before);
      const method: unknown = Reflect.get(target, property);
      if (typeof method !== "function") return method;
      if (typeof property !== "string" || !OPERATIONS.includes(property))
        return method.bind(target) as unknown;
      return async (...parameters: unknown[]): Promise<unknown> => {
        await before(property, parameters[0], parameters[1]);
        return (await Reflect.apply(method, target, parameters)) as unknown;
      };
    },
  });
}

async function* listing(store: ThreadStore, options: object, before: BeforeCall): AsyncGenerator {
  let cursor: string | undefined;
  do {
    await before("listPage", undefined, undefined);
    const page = await store.listPage({ ...options, cursor });
    yield* page.threads;
    ({ cursor } = page);
  } while (cursor !== undefined);
}
