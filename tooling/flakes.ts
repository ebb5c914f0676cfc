// Runs the conformance suite many times on each store, each time with another seed, to find tests that fail now and then:
//   npm run test:flakes [-- --repeat 200 --networked 10 --effort quick]
// Stores with a harness in examples/harnesses run on the suite's command line. The others need servers, and so their
// own tests are repeated.
import { randomInt } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { run } from "./run.ts";
import "./build.ts";

const CLI = "packages/conformance/bin/threadstore-conformance.js";

const { values } = parseArgs({
  options: {
    repeat: { type: "string", default: "200" },
    networked: { type: "string", default: "10" },
    effort: { type: "string", default: "full" },
    seed: { type: "string", default: String(randomInt(2 ** 30)) },
  },
});
const { repeat, networked, effort } = values;
const firstSeed = Number(values.seed);

const harnesses = globSync("examples/harnesses/*.ts").filter((file) =>
  readFileSync(file, "utf8").includes("export const harness"),
);
const local = harnesses.map((file) => basename(file, ".ts"));
const remote = globSync("packages/*/src/conformance.test.ts")
  .map((file) => file.split("/")[1] ?? "")
  .filter((name) => !local.includes(name));

const results: string[] = [];
let failures = 0;

function addResult(name: string, runs: string | number, code: number): void {
  if (code !== 0) failures += 1;
  results.push(code === 0 ? `✓ ${name}: ${runs} runs without a failure` : `✗ ${name}: failed`);
}

console.log(`First seed ${firstSeed}, effort ${effort}, stores ${[...local, ...remote].join(", ")}`);
for (const [index, name] of local.entries()) {
  const selection = ["--tier", "core,concurrent,hygiene", "--seed", String(firstSeed), "--effort", effort];
  const harness = harnesses[index] ?? "";
  addResult(name, repeat, await run("node", [CLI, harness, ...selection, "--repeat", repeat]));
}
for (const name of remote) {
  process.env["THREADSTORE_CONFORMANCE_EFFORT"] = effort;
  let code = 0;
  for (let count = 0; count < Number(networked) && code === 0; count += 1) {
    const seed = String(firstSeed + count);
    process.env["THREADSTORE_CONFORMANCE_SEED"] = seed;
    console.log(`${name}: run ${count + 1} of ${networked}, seed ${seed}`);
    code = await run("vitest", ["run", "--reporter=dot", `packages/${name}/src/conformance`]);
  }
  addResult(name, networked, code);
}

for (const line of results) console.log(line);
console.log(failures === 0 ? "No flakes." : `${failures} of ${results.length} stores failed.`);
process.exitCode = failures === 0 ? 0 : 1;
