import type { Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";

/** Returns a program that runs the suite on the memory store. `failing` are the cases that the runtime cannot run. */
export function suiteProgram(...failing: readonly string[]): string {
  return `
import { run } from "@threadstore/conformance";
import { memoryStore } from "@threadstore/core";
const locations = new Map();
const harness = {
  name: "memory",
  async open(location, options) {
    if (!locations.has(location)) locations.set(location, new Map());
    return memoryStore({ ...options, records: locations.get(location) });
  },
  async destroy(location) { locations.delete(location); },
  async rewrite(location, id, change) {
    const threads = locations.get(location).get("");
    const record = threads.get(id);
    threads.set(id, { ...record, bytes: change(record.bytes) });
  },
  async entries(location) {
    return [...locations.get(location)].flatMap(([namespace, threads]) => [...threads.keys()].map((id) => namespace + "/" + id));
  },
};
export async function main() {
  const { counts, results } = await run(harness, { effort: "quick" });
  const failed = results.filter(({ status }) => status === "failed");
  const isExpected = failed.map((each) => each.case).join() === ${JSON.stringify(failing.join())};
  if (!isExpected) throw new Error(failed.map((each) => each.case + ": " + each.message).join("\\n"));
  return counts.passed > 150 ? "works" : "too few cases: " + counts.passed;
}
`;
}

/** Counts the calls that core publishes, and saves. */
const PUBLISHED_PROGRAM = `
import { tracingChannel } from "node:diagnostics_channel";
import { memoryStore } from "@threadstore/core";
let published = 0;
tracingChannel("threadstore:save").subscribe({ start: () => { published += 1; } });
const saved = await memoryStore().save("a", {});
console.log(saved.json === "{}" ? published + " published" : "another thread");
`;

/** Hides the modules of Node.js, except from programs that import them. */
const HIDE_MODULES = "process.getBuiltinModule = undefined;";

/** Bundles a program for Node.js, but without the import condition `node`. */
async function bundle(project: Project, name: string, program: string): Promise<string> {
  await project.write(`${name}.entry.mjs`, program);
  const parameters = ["--bundle", "--format=esm", "--platform=neutral", "--main-fields=module,main"];
  await project.succeed(project.bin("esbuild"), [
    `${name}.entry.mjs`,
    `--outfile=${name}.mjs`,
    "--external:node:*",
    ...parameters,
  ]);
  return `${name}.mjs`;
}

const WITHOUT_CONDITION: Row = {
  area: "Bundlers and frameworks",
  name: "a bundle for servers without the condition `node`",
  tools: ["esbuild"],
  proof: "publishes calls on the diagnostics channels, as with the condition",
  async check(workbench) {
    const project = await workbench.application();
    await project.write("hide-modules.mjs", HIDE_MODULES);
    const file = await bundle(project, "published", PUBLISHED_PROGRAM);
    expectOutput(await project.succeed(process.execPath, [file]), "1 published");
    const hidden = await project.succeed(process.execPath, ["--import", "./hide-modules.mjs", file]);
    expectOutput(hidden, "0 published");
  },
};

const WITHOUT_MODULES: Row = {
  area: "Edge and browsers",
  name: "core and its memory store without the modules of Node.js",
  tools: ["esbuild", "node24"],
  proof: "pass the conformance suite",
  async check(workbench) {
    const project = await workbench.application();
    await project.write("hide-modules.mjs", HIDE_MODULES);
    const program = `${suiteProgram()}\nmain().then(console.log);`;
    const file = await bundle(project, "suite", program);
    const output = await project.succeed(process.execPath, ["--import", "./hide-modules.mjs", file]);
    expectOutput(output, "works");
  },
};

export const CONFORMANCE_ROWS: readonly Row[] = [WITHOUT_CONDITION, WITHOUT_MODULES];
