// node bench/src/many-threads.ts [--threads N,N] [--json FILE] [STORE...]: calls in a namespace with many threads.
import { parseArgs } from "node:util";
import { measureMany } from "./many-threads/measure.ts";
import { manyThreadsTables } from "./many-threads/report.ts";
import { screen } from "./report/screen.ts";
import { readRuns, writeRuns } from "./scale-runs/runs.ts";
import { STORES, storeNamed } from "./stores/open-stores.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: "string", default: "10000,100000" },
    json: { type: "string" },
    "job-seconds": { type: "string", default: "600" },
  },
});
const names = positionals.length > 0 ? positionals.map(storeNamed) : Object.keys(STORES).map(storeNamed);
const { progress, end } = screen();
const costs = [];
for (const store of names) {
  for (const threads of values.threads.split(",").map(Number)) {
    const onFailure = (call: string, error: unknown): void => {
      end();
      process.stderr.write(`${store}, ${threads} threads, ${call}: ${String(error)}\n`);
      process.exitCode = 1;
    };
    try {
      const jobMs = 1000 * Number(values["job-seconds"]);
      const limits = { repeatMs: 5000, jobMs };
      const measured = await measureMany({ store, threads, onProgress: progress, onFailure, ...limits });
      costs.push(...measured);
      if (values.json !== undefined) writeRuns(values.json, { manyThreads: measured });
    } catch (error) {
      onFailure("start", error);
    }
  }
}
end();
const shown = values.json === undefined ? costs : (readRuns(values.json).manyThreads ?? []);
for (const table of Object.values(manyThreadsTables(shown))) process.stdout.write(`${table}\n\n`);
