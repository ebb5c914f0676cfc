import type { ListOptions } from "@threadstore/core";
import { RequestProblem } from "./problem.ts";
import { ARCHIVED } from "./summary.ts";

const METADATA = "metadata.";

/** The filters that the store applies. */
type Filters = Pick<ListOptions, "prefix" | "where">;

/** Returns the filters of a list: the beginning of ids, and members of the metadata as `metadata.NAME=VALUE`. */
export function readFilters(query: URLSearchParams, archived: boolean | undefined): Filters {
  const [prefix, ...others] = query.getAll("prefix");
  if (others.length > 0) throw new RequestProblem("REQUEST_INVALID", "Pass `prefix` at most once.");
  // A map, because the name of a member can be `__proto__`.
  const where = new Map<string, string>(archived === true ? [[ARCHIVED, "true"]] : []);
  for (const [name, value] of query) {
    if (!name.startsWith(METADATA)) continue;
    const member = name.slice(METADATA.length);
    if (where.has(member)) {
      throw new RequestProblem(
        "REQUEST_INVALID",
        `Pass each member of the metadata at most once. \`archived\` is one, too.`,
      );
    }
    where.set(member, value);
  }
  return { prefix, where: Object.fromEntries(where) };
}
