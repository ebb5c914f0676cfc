import type { CompletionUsage } from "openai/resources/completions";

/** The tokens of several model calls together, details too. Members that are no numbers are the last call's. */
export function addUsage(
  sum: CompletionUsage | undefined,
  usage: CompletionUsage | undefined,
): CompletionUsage | undefined {
  if (sum === undefined || usage === undefined) return sum ?? usage;
  return addMembers(sum, usage) as CompletionUsage;
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
