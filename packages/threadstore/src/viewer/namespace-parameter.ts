import { RequestProblem } from "@threadstore/http/provider";

/** Returns the levels of the namespace of a request: escaped, and joined by slashes, as on the command line. */
export function namespaceOf(request: Request): readonly string[] {
  const [text = "", ...others] = new URL(request.url).searchParams.getAll("namespace");
  if (others.length > 0) throw new RequestProblem("REQUEST_INVALID", "Pass `namespace` at most once.");
  if (text === "") return [];
  const levels = text.split("/");
  if (levels.includes("")) {
    throw new RequestProblem("REQUEST_INVALID", "The levels of `namespace` must not be empty.");
  }
  try {
    return levels.map((level) => decodeURIComponent(level));
  } catch {
    throw new RequestProblem(
      "REQUEST_INVALID",
      "Escape a percent sign in `namespace` as %25, and a slash as %2F.",
    );
  }
}
