import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Group, Result } from "../measure/result.ts";
import { type CaseRecord, keyOf, mergeResults, NO_RESULTS, type Results, type Run } from "./results-file.ts";

/** Throws a `TypeError` if the file does not exist or has another format. */
export function readResults(file: string): Results {
  if (!existsSync(file)) throw new TypeError(`${file} does not exist.`);
  const content = JSON.parse(readFileSync(file, "utf8")) as Partial<Results> & Partial<OlderResults>;
  if (content.format === 1 && content.cases !== undefined) return { format: 1, cases: content.cases };
  if (content.results !== undefined)
    return fromOlder({ ...NO_DESCRIPTION, ...content, results: content.results });
  throw new TypeError(`${file} is not a file of results. Use one that --json has written.`);
}

/** Merges results into a file, which is created if it does not exist and is never partially written. */
export function addToFile(file: string, added: Results): void {
  const earlier = existsSync(file) ? readResults(file) : NO_RESULTS;
  writeFileSync(`${file}.new`, `${JSON.stringify(mergeResults(earlier, added), undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** The files of older versions: one description for all results, whose stores and peers ran together. */
interface OlderResults {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly results: readonly Omit<Result, "group">[];
}

const NO_DESCRIPTION = { machine: "unknown machine", node: "unknown", date: "unknown date" };

function fromOlder({ machine, node, date, results }: OlderResults): Results {
  const run: Run = { date, node, machine, commit: null, load: null };
  const groups = Map.groupBy(
    results.flatMap((result) => groupsOf(result).map((group): Result => ({ ...result, group }))),
    keyOf,
  );
  const cases = [...groups.values()].flatMap((own): readonly CaseRecord[] => {
    const [first] = own;
    // The peers' group repeats the stores that they are compared with, and means nothing without a peer.
    if (first === undefined || (first.group === "peers" && own.every(({ role }) => role !== "peer")))
      return [];
    const { backend, workload, case: name, size, group } = first;
    return [{ backend, workload, case: name, size, group, run, results: own, missing: [] }];
  });
  return { format: 1, cases };
}

function groupsOf({ role }: Omit<Result, "group">): readonly Group[] {
  if (role === "peer") return ["peers"];
  return role === "ours" || role === "raw" ? ["stores", "peers"] : ["stores"];
}
