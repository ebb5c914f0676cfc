import { AREAS, type Row } from "./row.ts";
import { VERSIONS } from "./versions.ts";

/** A part of the page that a run writes, by its name in the comments around it. */
type Part = "rows" | "sizes";

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

function formatRow({ name, tools, version, limit, proof }: Row): string {
  const versions = [...new Set(tools.map((tool) => VERSIONS[tool]))].join(", ");
  return `| ${name} | ${version ?? versions} | ${limit === undefined ? "works" : `no: ${limit}`} | ${proof} |`;
}

/** Replaces a part of the page. */
export function replacePart(page: string, part: Part, text: string): string {
  const [start, end] = [`<!-- ${part}: npm run docs:compatibility -->\n`, `<!-- end of ${part} -->\n`];
  const [before, after] = [page.indexOf(start), page.indexOf(end)];
  if (before === -1 || after === -1)
    throw new Error(`The page does not have the comments around its ${part}.`);
  return `${page.slice(0, before + start.length)}\n${text}\n${page.slice(after)}`;
}
