import type { Selection } from "@threadstore/conformance";

/**
 * Returns the cases to run for a variant of a store that runs all of them elsewhere: with quick effort `selection`, the
 * cases that the variant can affect, and otherwise all.
 */
export function variantSelection(selection: Selection): Selection {
  return process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? selection : {};
}
