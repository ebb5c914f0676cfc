import { invalidArgument } from "./invalid-argument.ts";

/** Throws `INVALID_ARGUMENT` if `overwrite` is not a boolean, or is combined with `previous`. */
export function checkOverwrite(overwrite: unknown, previous: unknown): void {
  if (typeof overwrite !== "boolean") throw invalidArgument("`overwrite` must be a boolean.");
  if (overwrite && previous !== undefined) {
    throw invalidArgument("`previous` and `overwrite` must not be combined. Pass one of them.");
  }
}
