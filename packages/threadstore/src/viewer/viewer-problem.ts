import { problemResponse, sendProblem } from "@threadstore/http/provider";

/** The status and the title of each problem of the viewer, in addition to those of `@threadstore/http`. */
export const VIEWER_PROBLEMS = {
  ERASE_REFUSED: [400, "The namespace cannot be erased here"],
  NO_HISTORY: [404, "The store does not keep versions"],
  NOT_INSTALLED: [501, "A package is not installed"],
  NOT_REPAIRABLE: [409, "The thread cannot be repaired"],
  PAGE_MISSING: [500, "The page is not built"],
  PRECONDITION_REQUIRED: [428, "The request must name a version"],
  READ_ONLY: [403, "The viewer is read-only"],
  VERSION_NOT_FOUND: [404, "The version does not exist"],
} as const;

/** The code of a problem of the viewer. */
export type ViewerProblemCode = keyof typeof VIEWER_PROBLEMS;

const TYPE_BASE = "https://github.com/threadstore/threadstore/blob/main/packages/threadstore/README.md#";

/** The reason why the viewer rejects a request. Thrown to end the request. */
export class ViewerProblem extends Error {
  override readonly name = "ViewerProblem";
  readonly code: ViewerProblemCode;

  constructor(code: ViewerProblemCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Returns the response that reports an error. */
export function viewerProblemResponse(error: unknown): Response {
  if (!(error instanceof ViewerProblem)) return problemResponse(error);
  const { code, message: detail } = error;
  const [status, title] = VIEWER_PROBLEMS[code];
  return sendProblem({ type: `${TYPE_BASE}${code}`, status, code, title, detail });
}

/** The reason why a thread's versions cannot be read. */
export function noHistory(): ViewerProblem {
  return new ViewerProblem(
    "NO_HISTORY",
    "This store does not keep versions of threads. Open one with `withHistory` of @threadstore/history.",
  );
}
