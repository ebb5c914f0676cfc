// The quick cut of the row that runs the conformance suite without the modules of Node.js.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "./packages.ts";

const CLI = join(ROOT, "packages/conformance/bin/threadstore-conformance.js");
const HARNESS = join(ROOT, "examples/harnesses/memory.ts");

/** The cases in which bytes, checksums, hashes and random names matter most. */
const CASES = [
  "V1-2,V1-3,V1-4,V1-11,V1-13,V1-14,V1-16,V1-17,V2-4,C1-1,A1-1,A1-2,A2-1,N2-8,N5-3",
  "L1-4,L6-4,L7-3,X2-1,M1-8,K1-1,F2-2",
].join(",");

/** Resolves `#platform` as where the import condition `node` does not apply, and hides the modules of Node.js. */
const PRELOADED = `
import { registerHooks } from "node:module";
const url = ${JSON.stringify(pathToFileURL(join(ROOT, "packages/core/dist/platform/web.js")).href)};
let count = 0;
process.getBuiltinModule = undefined;
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "#platform") return next(specifier, context);
    count += 1;
    return { url, shortCircuit: true };
  },
});
process.on("exit", () => console.log(count > 0 ? "without Node.js" : "with Node.js"));
`;

it("the memory store passes cases of the suite without the modules of Node.js", async () => {
  const preload = ["--import", `data:text/javascript,${encodeURIComponent(PRELOADED)}`];
  const selection = ["--case", CASES, "--effort", "quick"];
  const { stdout } = await promisify(execFile)(process.execPath, [...preload, CLI, HARNESS, ...selection]);
  expect(stdout).toMatch(new RegExp(`^All +${CASES.split(",").length} +0 +0 `, "mu"));
  expect(stdout).toContain("without Node.js");
});
