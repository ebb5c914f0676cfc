// Runs the rows, or those whose names contain a parameter. With --write, and if all rows ran and are true, writes them
// to docs/compatibility.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatRows, replacePart } from "./document.ts";
import { ROOT } from "./packages.ts";
import { ROWS } from "./rows.ts";
import { formatSizes, measureSizes } from "./sizes.ts";
import { openWorkbench } from "./workbench.ts";

const PAGE = join(ROOT, "docs", "compatibility.md");

const isWriting = process.argv.includes("--write");
const parts = process.argv.slice(2).filter((parameter) => parameter !== "--write");
const rows = ROWS.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));

const workbench = await openWorkbench();
let failures = 0;
for (const { name, check } of rows) {
  const started = performance.now();
  const problem = await check(workbench).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${problem === undefined ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (problem === undefined) continue;
  failures += 1;
  console.log(problem);
}
if (isWriting && failures === 0 && rows.length === ROWS.length) {
  const page = replacePart(readFileSync(PAGE, "utf8"), "rows", formatRows(ROWS));
  writeFileSync(PAGE, replacePart(page, "sizes", formatSizes(await measureSizes(workbench))));
}
await workbench.dispose();
console.log(`${rows.length - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 && rows.length > 0 ? 0 : 1;
