import type { DecoratedNamespace, DecoratedOperations } from "./thread-store-decorator.ts";

/** The operations that bypass `save` and `load`. */
type Changes<State> = Pick<DecoratedOperations<State>, "append" | "touch">;

/**
 * Returns operations that forward to the inner store, for a decorator to spread and override. Without `append` and
 * `touch`, for which every decorator chooses `forwardChanges` or `changeBySaving`.
 */
export function forwardOperations<State = undefined>({
  inner,
}: DecoratedNamespace): Omit<DecoratedOperations<State>, keyof Changes<State>> {
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

/**
 * Returns the operations `append` and `touch` for a decorator that stores threads and metadata as they are: they forward
 * to the inner store.
 */
export function forwardChanges<State = undefined>({ inner }: DecoratedNamespace): Changes<State> {
  return {
    append: ({ id, elements, options }, call) =>
      inner.append(id, elements, { ...options, ...call.options() }),
    touch: ({ id, options }, call) => inner.touch(id, { ...options, ...call.options() }),
  };
}
