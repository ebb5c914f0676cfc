/**
 * Returns all text that can be reached from a value: strings, names of properties and bytes, also in properties that
 * are hidden from `console.log`. For tests that an error leads neither to secrets nor to contents.
 */
export function reachableText(root: unknown): string {
  const texts: string[] = [];
  const visited = new Set<unknown>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") texts.push(value);
    if ((typeof value !== "object" && typeof value !== "function") || value === null || visited.has(value)) {
      continue;
    }
    visited.add(value);
    if (ArrayBuffer.isView(value)) {
      texts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1"));
      continue;
    }
    if (value instanceof Map || value instanceof Set) pending.push(...[...value].flat());
    for (const name of Reflect.ownKeys(value)) pending.push(String(name), propertyOf(value, name));
  }
  return texts.join("\n");
}

function propertyOf(value: object, name: PropertyKey): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter may throw.
    return undefined;
  }
}
