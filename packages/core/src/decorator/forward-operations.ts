import type { DecoratedNamespace, DecoratedOperations } from "./thread-store-decorator.ts";

/** Returns operations that forward to the inner store, for a decorator to spread and override. */
export function forwardOperations<State = undefined>({
  inner,
}: DecoratedNamespace): DecoratedOperations<State> {
  return {
    async save({ id, thread, options }, call) {
      return { stored: await inner.save(id, thread.value, { ...options, ...call.options() }) };
    },
    async load({ id, options }, call) {
      const stored = await inner.load(id, { ...options, ...call.options() });
      return stored && { stored };
    },
    delete: ({ id, options }, call) => inner.delete(id, { ...options, ...call.options() }),
    listPage: (options, call) => inner.listPage({ ...options, ...call.options() }),
    deleteExpired: (options, call) => inner.deleteExpired({ ...options, ...call.options() }),
    namespaces: (options, call) => inner.namespaces({ ...options, ...call.options() }),
    erase: (options, call) => inner.erase({ ...options, ...call.options() }),
  };
}
