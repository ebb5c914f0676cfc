import { expectOutput } from "./row.ts";
import type { Workbench } from "./workbench.ts";

/** A program whose `main` returns `works`, and how it runs. */
export interface WorkerProgram {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /** A worker that answers the requests of the program. By default, they reach servers on this machine. */
  readonly outbound?: string;
}

const TEST_HANDLER = `
export default { async test() { const result = await main(); if (result !== "works") throw new Error(result); } };
`;

/**
 * Bundles a program as the tools for Workers do: with their import conditions, and with the modules of Node.js left
 * out. CommonJS modules import those, too, because workers do not have `require`.
 */
const BUNDLER = `
const [, , input, output] = process.argv;
const { builtinModules } = require("node:module");
const names = builtinModules.filter((name) => !name.startsWith("_")).join("|");
const nodeModules = {
  name: "modules-of-node",
  setup(build) {
    build.onResolve({ filter: new RegExp("^(?:node:)?(?:" + names + ")$") }, ({ path, kind }) => {
      const name = "node:" + path.replace(/^node:/, "");
      return kind === "require-call" ? { path: name, namespace: "required" } : { path: name, external: true };
    });
    build.onLoad({ filter: /^/, namespace: "required" }, ({ path }) => {
      return { contents: "import required from " + JSON.stringify(path) + "; module.exports = required;" };
    });
  },
};
require("esbuild").build({
  entryPoints: [input],
  outfile: output,
  bundle: true,
  format: "esm",
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "pg-native"],
  plugins: [nodeModules],
  logLevel: "error",
}).catch(() => { process.exitCode = 1; });
`;

/** Runs a program in workerd. Rejects unless it returns `works`. */
export async function runWorker(
  workbench: Workbench,
  { name, program, flags, outbound }: WorkerProgram,
): Promise<void> {
  const project = await workbench.application();
  await project.write("bundle-worker.cjs", BUNDLER);
  await project.write(`${name}.entry.mjs`, `${program}\n${TEST_HANDLER}`);
  const files = [`${name}.entry.mjs`, `${name}.worker.mjs`];
  await project.succeed(process.execPath, ["bundle-worker.cjs", ...files]);
  if (outbound !== undefined) await project.write(`${name}.outbound.mjs`, outbound);
  await project.write(`${name}.capnp`, configOf(name, flags, outbound !== undefined));
  const runtimes = await workbench.runtimes();
  const parameters = ["test", `${name}.capnp`, "--experimental"];
  const { code, output } = await project.run(runtimes.bin("workerd"), parameters);
  if (code !== 0) throw new Error(`workerd exited with ${code}:\n${output.slice(-4000)}`);
  expectOutput(output, "PASS");
}

/** The date is before that from which on `nodejs_compat` is the default. */
function configOf(name: string, flags: readonly string[], hasOutbound: boolean): string {
  const worker = (file: string, more: string): string =>
    `(modules = [(name = "worker", esModule = embed "${file}")], compatibilityDate = "2026-07-01", compatibilityFlags = ${JSON.stringify(flags)}${more})`;
  const services = [
    `(name = "main", worker = ${worker(`${name}.worker.mjs`, `, globalOutbound = "outbound"`)})`,
    hasOutbound
      ? `(name = "outbound", worker = ${worker(`${name}.outbound.mjs`, "")})`
      : `(name = "outbound", network = (allow = ["local"]))`,
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [${services.join(", ")}]);
`;
}
