import { AREAS, type Row } from "./row.ts";
import { VERSIONS } from "./versions.ts";

const START = "<!-- rows: npm run docs:compatibility -->\n";
const END = "<!-- end of rows -->\n";

/** Returns the part of the page that a run writes: the rows, with the versions that they ran with. */
export function formatRows(rows: readonly Row[]): string {
  return AREAS.map((area) => {
    const lines = rows.filter((row) => row.area === area).map(formatRow);
    return [
      `### ${area}`,
      "",
      "| environment | tested version | result | test |",
      "|---|---|---|---|",
      ...lines,
      "",
    ];
  })
    .flat()
    .join("\n");
}

function formatRow({ name, tools, limit, proof }: Row): string {
  const versions = [...new Set(tools.map((tool) => VERSIONS[tool]))].join(", ");
  return `| ${name} | ${versions} | ${limit === undefined ? "works" : `no: ${limit}`} | ${proof} |`;
}

/** Replaces the rows on the page. */
export function replaceRows(page: string, rows: string): string {
  const [before, after] = [page.indexOf(START), page.indexOf(END)];
  if (before === -1 || after === -1) throw new Error("The page does not have the comments around its rows.");
  return `${page.slice(0, before + START.length)}\n${rows}\n${page.slice(after)}`;
}
