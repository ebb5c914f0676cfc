// node tooling/cold-start/measure.ts [ROUNDS]
// Prints the table of docs/decisions/0085-cold-start.md: what the import of each store costs in addition to that of its
// client library, in new processes that take turns.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installStores, median, STORE_PACKAGES } from "./published.ts";

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const MEASURE = `
const names = JSON.parse(process.argv[1]);
const before = process.cpuUsage();
const started = performance.now();
for (const name of names) await import(name);
const wallMs = performance.now() - started;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));`;

function importIn(folder: string, names: readonly string[]): Cost {
  // Without the compiled code of earlier processes, which most applications do not keep.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const parameters = ["--input-type=module", "--eval", MEASURE, JSON.stringify(names)];
  return JSON.parse(
    execFileSync(process.execPath, parameters, { cwd: folder, env, encoding: "utf8" }),
  ) as Cost;
}

function medians(costs: readonly Cost[]): string {
  const columns = [costs.map(({ wallMs }) => wallMs), costs.map(({ cpuMs }) => cpuMs)];
  return columns.map((values) => median(values).toFixed(1)).join(" | ");
}

const rounds = Number(process.argv[2] ?? 11);
const folder = await mkdtemp(join(tmpdir(), "threadstore-cold-start-"));
try {
  await installStores(folder);
  const rows = STORE_PACKAGES.map(({ name, client = "node:fs" }) => ({
    name,
    client,
    alone: [] as Cost[],
    both: [] as Cost[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, client, alone, both } of rows) {
      alone.push(importIn(folder, [client]));
      both.push(importIn(folder, [client, `@threadstore/${name}`]));
    }
  }
  const cells = rows.map(({ name, client, alone, both }) => {
    const added = both.map(({ cpuMs }, round) => cpuMs - (alone[round]?.cpuMs ?? 0));
    return `| ${name} | \`${client}\` | ${medians(alone)} | ${medians(both)} | ${median(added).toFixed(1)} |`;
  });
  const heading = "| store | client | wall ms | CPU ms | with the store, wall ms | CPU ms | added, CPU ms |";
  console.log([heading, "|---|---|---|---|---|---|---|", ...cells].join("\n"));
} finally {
  await rm(folder, { recursive: true });
}
