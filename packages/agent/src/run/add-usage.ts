import { isJsonObject } from "@threadstore/core/documents";

/** Adds the token usage of two model calls, including nested details. Other members are those of the last call. */
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
  if (isJsonObject(sum) && isJsonObject(addend)) return addMembers(sum, addend);
  return addend ?? sum;
}
