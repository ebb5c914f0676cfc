import { explain } from "./explanations.ts";
import { type Group, GROUPS, type Outcome, type Results, type Row } from "./results.ts";
import type { Sdk } from "./sdks.ts";

const [START, END] = ["<!-- matrix: npm run docs:matrix -->\n", "<!-- end of matrix -->"];

/** Replaces the generated part of the page. */
export function replaceMatrix(page: string, text: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start === -1 || end === -1) throw new Error("The page does not have the comments around the matrix.");
  return `${page.slice(0, start + START.length)}\n${text}\n${page.slice(end)}`;
}

/** Returns the generated part of the page. */
export function formatMatrix(results: readonly (readonly [Sdk, Results])[]): string {
  return results.map(([sdk, result]) => formatSdk(sdk, result)).join("\n\n");
}

function formatSdk(sdk: Sdk, { date, versions, rows }: Results): string {
  const { title, seam, notes, notRun = {} } = sdk;
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const groups = GROUPS.filter((group) => rows.some((row) => row[group] !== undefined));
  const head = ["store", ...groups.map((group) => (group === "kit" ? "SDK's kit" : group)), ...MEASURED];
  const lines = [
    `### ${title}: \`${seam}\``,
    "",
    ...wrap(`Run on ${date} with ${ran.join(", ")}.`),
    ...notes.flatMap((note) => ["", ...wrap(note)]),
    "",
    formatCells(head),
    `|${head.map(() => "---|").join("")}`,
    ...rows.map((row) => formatCells(cellsOf(row, groups))),
  ];
  const missing = [
    ...Object.entries(notRun),
    ...rows.flatMap((row) => (row.notRun === undefined ? [] : [[row.name, row.notRun] as const])),
  ];
  const remarks = [
    ...formatFailures(sdk, rows),
    ...missing.map(([store, reason]) => `- **${nameOf(store)}** did not run: ${reason}`),
  ];
  if (remarks.length > 0) lines.push("", ...remarks.flatMap((remark) => wrap(remark, "  ")));
  return lines.join("\n");
}

const MEASURED = ["lost in a race", "torn", "copies after a repeat", "bytes written"];

function formatCells(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cellsOf(row: Row, groups: readonly Group[]): string[] {
  const { race, copies, growth } = row;
  return [
    nameOf(row.name),
    ...groups.map((group) => formatOutcome(row[group])),
    race === undefined ? "–" : `${race.lost} of ${race.written}`,
    race === undefined ? "–" : String(race.torn),
    copies === undefined ? "–" : String(copies),
    growth === undefined ? "–" : `${formatBytes(growth.bytes)}, × ${growth.ratio.toFixed(1)}`,
  ];
}

function formatOutcome(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "–";
  const { passed, failed, skipped } = outcome;
  const applicable = passed + failed;
  return `${passed} of ${applicable}${skipped === 0 ? "" : ` (${skipped} skipped)`}`;
}

function formatBytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Returns a line for each check that failed, with all stores in which the same happened. */
function formatFailures(sdk: Sdk, rows: readonly Row[]): string[] {
  const failures = rows.flatMap(({ name, failures: failed }) =>
    failed.map(({ check, message }) => ({
      store: name,
      text: `${check}: ${explain(sdk.folder, name, check) ?? message}`,
    })),
  );
  const byText = Object.entries(Object.groupBy(failures, ({ text }) => text));
  return byText.map(([text, same = []]) => {
    return `- **${namesOf(same.map(({ store }) => store))}**, ${text}`;
  });
}

/** Names "ThreadStore in" only once. */
function namesOf(stores: readonly string[]): string {
  const [first = "", ...others] = stores.map(nameOf);
  return [first, ...others.map((name) => name.replace(/^ThreadStore in /u, ""))].join(", ");
}

/** Our rows are named in words, those of the SDKs by their classes. */
function nameOf(store: string): string {
  return store.startsWith("ThreadStore") ? store : `\`${store}\``;
}

/** Breaks a paragraph into lines of at most 120 characters. */
function wrap(text: string, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= 120) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : indent + word);
  }
  return lines;
}
