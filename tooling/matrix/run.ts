// Runs the checks of each SDK, or of those whose folders are parameters, stores the results in `results`, and writes
// docs/sdk-matrix.md from all results. --row=PATTERN runs only the rows whose names match. --json prints the
// results of this run. --page only writes the page.
import { readFileSync, writeFileSync } from "node:fs";
import { formatMatrix, replaceMatrix } from "./src/document.ts";
import { installPeers } from "./src/peers.ts";
import { mergeRows, PAGE, readResults, type Results, writeResults } from "./src/results.ts";
import { runSdk } from "./src/run-sdk.ts";
import { SDKS } from "./src/sdks.ts";

const parameters = process.argv.slice(2);
const folders = parameters.filter((parameter) => !parameter.startsWith("--"));
const sdks = SDKS.filter(({ folder }) => folders.length === 0 || folders.includes(folder));
if (sdks.length === 0) {
  throw new Error(`Unknown SDK. Choose from: ${SDKS.map(({ folder }) => folder).join(", ")}.`);
}

const pattern = parameters.find((parameter) => parameter.startsWith("--row="))?.slice("--row=".length);
const ran: Record<string, Results> = {};
if (!parameters.includes("--page")) {
  console.error("Installing the stores that come with SDKs");
  installPeers();
  for (const sdk of sdks) {
    const started = performance.now();
    console.error(`${sdk.title}: ${sdk.seam}`);
    const results = await runSdk(sdk, new RegExp(pattern ?? "", "u"));
    console.error(`  ${((performance.now() - started) / 1000).toFixed(0)} s`);
    writeResults(sdk, pattern === undefined ? results : mergeRows(readResults(sdk), results));
    ran[sdk.folder] = results;
  }
}
if (parameters.includes("--json")) console.log(JSON.stringify(ran));
const page = formatMatrix(SDKS.map((sdk) => [sdk, readResults(sdk)] as const));
writeFileSync(PAGE, replaceMatrix(readFileSync(PAGE, "utf8"), page));
