/** The tokens of several model calls together, details too. Members that are no numbers are the last call's. */
export function addUsage<Usage extends object>(
  sum: Usage | undefined,
  usage: Usage | undefined,
): Usage | undefined {
  if (sum === undefined || usage === undefined) return sum ?? usage;
  return addMembers(sum, usage) as Usage;
}

function addMembers(sum: object, addend: object): object {
  const total = new Map<string, unknown>(Object.entries(sum));
  for (const [name, value] of Object.entries(addend) as [string, unknown][]) {
    total.set(name, addValues(total.get(name), value));
  }
  return Object.fromEntries(total);
}

function addValues(sum: unknown, addend: unknown): unknown {
  if (typeof sum === "number" && typeof addend === "number") return sum + addend;
  if (isObject(sum) && isObject(addend)) return addMembers(sum, addend);
  return addend ?? sum;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
