/** A bounded cache of results that takes time to compute. Concurrent calls share one computation. */
export interface ExpiringCache<Value> {
  /** Resolves with the value of `name`, computed if there is none or it is too old. Does not keep failures. */
  get(name: string, compute: () => Promise<Value>): Promise<Value>;
  /** Resolves with the value of `name` if it is there and not too old. */
  find(name: string): Promise<Value> | undefined;
  clear(): void;
}

export interface CacheLimits {
  readonly maxAgeMs: number;
  readonly maxSize: number;
  readonly now: () => number;
}

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly createdAt: number;
}

export function expiringCache<Value>({ maxAgeMs, maxSize, now }: CacheLimits): ExpiringCache<Value> {
  // In the order of their last use.
  const entries = new Map<string, Entry<Value>>();
  const find = (name: string): Promise<Value> | undefined => {
    const entry = entries.get(name);
    entries.delete(name);
    if (entry === undefined || now() - entry.createdAt >= maxAgeMs) return undefined;
    entries.set(name, entry);
    return entry.value;
  };
  return {
    find,
    clear: () => entries.clear(),
    get(name, compute) {
      const known = find(name);
      if (known !== undefined) return known;
      const entry = { value: compute(), createdAt: now() };
      entries.set(name, entry);
      entry.value.catch(() => {
        if (entries.get(name) === entry) entries.delete(name);
      });
      const [oldest] = entries.keys();
      if (entries.size > maxSize && oldest !== undefined) entries.delete(oldest);
      return entry.value;
    },
  };
}
