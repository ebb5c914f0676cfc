/**
 * Returns the names of a store, from the outermost decorator to the store that it decorates, such as
 * `["attachments", "redis"]`, so that a decorator can reject stores that it cannot work on. As far as the stores say so:
 * one that another implementation created ends the list.
 */
export function layersOf(store: unknown): readonly string[] {
  const names: string[] = [];
  let layer = store;
  while (hasDescription(layer)) {
    const description: unknown = layer.toJSON();
    if (typeof description !== "object" || description === null) break;
    const { store: name, decorates } = description as {
      readonly store?: unknown;
      readonly decorates?: unknown;
    };
    if (typeof name !== "string") break;
    names.push(name);
    layer = decorates;
  }
  return names;
}

function hasDescription(store: unknown): store is { toJSON(): unknown } {
  return (
    typeof store === "object" && store !== null && "toJSON" in store && typeof store.toJSON === "function"
  );
}
