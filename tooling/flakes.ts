// Whether the good stores pass the conformance suite again and again, each time with another seed:
//   npm run test:flakes [-- --repeat 200 --networked 10 --effort quick]
// Local stores run on the command line of the suite; those over a network, with all of their powers, as tests.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { run } from "./run.ts";
import "./build.ts";

const { values } = parseArgs({
  options: {
    repeat: { type: "string", default: "200" },
    networked: { type: "string", default: "10" },
    effort: { type: "string", default: "full" },
    seed: { type: "string", default: String(randomInt(2 ** 30)) },
  },
});
const { repeat, networked, effort } = values;
const seed = Number(values.seed);

const local = ["memory", "sqlite", "file-system"];
const remote = ["redis", "s3", "azure-blob"];
const cli = "packages/conformance/bin/threadstore-conformance.js";

const results: string[] = [];
let failures = 0;

function conclude(name: string, times: string | number, code: number): void {
  if (code !== 0) failures += 1;
  results.push(
    `${code === 0 ? "✓" : "✗"} ${name}: ${code === 0 ? `${times} runs without a failure` : "failed"}`,
  );
}

console.log(`Seeds from ${seed} on, effort ${effort}`);
for (const name of local) {
  const harness = `examples/harnesses/${name}.ts`;
  const selection = ["--tier", "core,concurrent,hygiene", "--seed", String(seed), "--effort", effort];
  conclude(name, repeat, await run("node", [cli, harness, ...selection, "--repeat", repeat]));
}
for (const name of remote) {
  process.env["THREADSTORE_CONFORMANCE_EFFORT"] = effort;
  let code = 0;
  for (let count = 0; count < Number(networked) && code === 0; count += 1) {
    process.env["THREADSTORE_CONFORMANCE_SEED"] = String(seed + count);
    console.log(`${name}: run ${count + 1} of ${networked}, seed ${seed + count}`);
    code = await run("vitest", ["run", "--reporter=dot", `packages/${name}/src/conformance`]);
  }
  conclude(name, networked, code);
}

for (const line of results) console.log(line);
console.log(failures === 0 ? "No flakes." : `${failures} of ${results.length} stores failed.`);
process.exitCode = failures === 0 ? 0 : 1;
