// node bench/src/scale.ts [--json] [--write]: where 10 million threads and 100,000 saves per second go, and what they cost.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readRuns } from "./scale-runs/runs.ts";
import { RUNS_FILE, runTables } from "./scale-runs/tables.ts";
import { withTables } from "./simulation/document.ts";
import { drawStores } from "./simulation/picture.ts";
import { formatTables } from "./simulation/report.ts";
import { simulate } from "./simulation/simulate.ts";

const { values } = parseArgs({ options: { json: { type: "boolean" }, write: { type: "boolean" } } });
const simulation = simulate();
const tables = { ...formatTables(simulation), ...runTables(readRuns(RUNS_FILE)) };
if (values.json === true) {
  process.stdout.write(`${JSON.stringify(simulation, undefined, 2)}\n`);
} else {
  for (const [name, table] of Object.entries(tables)) process.stdout.write(`${name}\n\n${table}\n\n`);
}
if (values.write === true) {
  const docs = join(import.meta.dirname, "../../docs");
  const page = join(docs, "scale.md");
  writeFileSync(page, withTables(readFileSync(page, "utf8"), tables));
  writeFileSync(join(docs, "pictures/scale.svg"), drawStores(simulation));
}
