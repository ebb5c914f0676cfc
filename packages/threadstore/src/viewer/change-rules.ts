import { hasPrecondition, isAnyVersion, RequestProblem } from "@threadstore/http/provider";
import type { ChangeOperation, ViewerOperation } from "./options.ts";
import { ViewerProblem } from "./viewer-problem.ts";

const CHANGES: ReadonlySet<string> = new Set<ChangeOperation>([
  "delete",
  "erase",
  "fork",
  "repair",
  "update",
]);

export function isChange(operation: ViewerOperation): operation is ChangeOperation {
  return CHANGES.has(operation);
}

/**
 * Rejects a change that a page of another site sends with the cookies of the user. Browsers set this header, and pages
 * cannot. Pages of other ports of the same host count as the same site.
 */
export function rejectOtherSites({ headers }: Request): void {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return;
  throw new RequestProblem("FORBIDDEN", "Only the page of the viewer can change threads.");
}

/** The user has seen one version of the thread, so a change must not apply to another version. */
export function checkVersionIsNamed(request: Request): void {
  if (hasPrecondition(request) && !isAnyVersion(request)) return;
  throw new ViewerProblem(
    "PRECONDITION_REQUIRED",
    "Send the version that you have seen in the header `if-match`: the `etag` of a load.",
  );
}
