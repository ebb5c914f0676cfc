import { invalidArgument } from "./invalid-argument.ts";

const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** Returns the size of a page. Throws `INVALID_ARGUMENT` unless it is an integer from 1 to 1000. */
export function checkedLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw invalidArgument(`\`limit\` must be an integer from 1 to ${MAX_LIMIT}.`);
}
