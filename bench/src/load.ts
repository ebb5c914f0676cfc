// node bench/src/load.ts [--minutes N] [--conversations N] [--json FILE] [STORE...]: many conversations at once.
import { parseArgs } from "node:util";
import { measureLoad } from "./load/measure.ts";
import { loadTables } from "./load/report.ts";
import type { LoadResult } from "./load/result.ts";
import { screen } from "./report/screen.ts";
import { writeRuns } from "./scale-runs/runs.ts";
import { storeNamed } from "./stores/open-stores.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "10" },
    conversations: { type: "string", default: "1000" },
    json: { type: "string" },
  },
});
const names = positionals.length > 0 ? positionals : ["sqlite", "file-system", "redis", "postgres"];
const { progress, end } = screen();
const results: LoadResult[] = [];
for (const store of names.map(storeNamed)) {
  const minutes = Number(values.minutes);
  const conversations = Number(values.conversations);
  const result = await measureLoad({ store, minutes, conversations, onProgress: progress });
  results.push(result);
  if (values.json !== undefined) writeRuns(values.json, { conversations: [result] });
}
end();
process.stdout.write(`${loadTables(results).conversations}\n`);
