/** A test of a member's value. */
type Comparison = (value: unknown, operand: unknown) => boolean;

const OPERATORS = new Map<string, Comparison>([
  ["$eq", (value, operand) => value === operand],
  ["$ne", (value, operand) => value !== operand],
  ["$gt", (value, operand) => Number(value) > Number(operand)],
  ["$gte", (value, operand) => Number(value) >= Number(operand)],
  ["$lt", (value, operand) => Number(value) < Number(operand)],
  ["$lte", (value, operand) => Number(value) <= Number(operand)],
  ["$in", (value, operand) => Array.isArray(operand) && operand.includes(value)],
  ["$nin", (value, operand) => !Array.isArray(operand) || !operand.includes(value)],
]);

/** Returns whether an item's value has all members of a filter, compared as LangGraph's `InMemoryStore` does. */
export function matchesFilter(
  value: { readonly [name: string]: unknown },
  filter: { readonly [name: string]: unknown },
): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    const comparisons = comparisonsOf(condition);
    if (comparisons === undefined) return member === condition;
    return comparisons.every(([compare, operand]) => compare(member, operand));
  });
}

/** Returns the comparisons of a condition that consists of operators; `undefined` if the condition is a plain value. */
function comparisonsOf(condition: unknown): (readonly [Comparison, unknown])[] | undefined {
  if (typeof condition !== "object" || condition === null) return undefined;
  const comparisons: (readonly [Comparison, unknown])[] = [];
  for (const [name, operand] of Object.entries(condition)) {
    const compare = OPERATORS.get(name);
    if (compare === undefined) return undefined;
    comparisons.push([compare, operand]);
  }
  return comparisons;
}
