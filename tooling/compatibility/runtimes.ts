import { join } from "node:path";
import { entryPoints, readManifests } from "./packages.ts";
import { commonJsProgram, moduleProgram } from "./programs.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Tool } from "./versions.ts";
import type { Workbench } from "./workbench.ts";

const PROOF_WITHOUT_SQLITE = "the same without SQLite: better-sqlite3 13 needs Node.js 22.14";
const PROOF =
  "imports every entry point; saves, appends, lists and loads with memory, files and SQLite; creates an agent";

interface Runtime {
  readonly tool: Tool;
  readonly label: string;
  /** The program in the project of runtimes, and the arguments before the file. */
  readonly command: readonly [file: string, ...parameters: string[]];
  /** Whether better-sqlite3 works there. Where it does not, it ends the process. */
  readonly hasSqlite?: boolean;
}

const RUNTIMES: readonly Runtime[] = [
  { tool: "node22", label: "Node.js 22.12", command: ["node22/bin/node"], hasSqlite: false },
  { tool: "node22Latest", label: "Node.js 22", command: ["node22latest/bin/node"] },
  { tool: "node24", label: "Node.js 24", command: ["node24/bin/node"] },
  { tool: "nodeCurrent", label: "Node.js, current", command: ["nodecurrent/bin/node"] },
  { tool: "bun", label: "Bun", command: [".bin/bun", "run"] },
  { tool: "deno", label: "Deno", command: [".bin/deno", "run", "--allow-all"] },
];

function runtimeRow(runtime: Runtime, format: "import" | "require"): Row {
  const [extension, program] = format === "import" ? ["mjs", moduleProgram] : ["cjs", commonJsProgram];
  return {
    area: "Runtimes",
    name: `${runtime.label}, \`${format === "import" ? "import" : "require()"}\``,
    tools: [runtime.tool],
    proof: runtime.hasSqlite === false ? PROOF_WITHOUT_SQLITE : PROOF,
    async check(workbench) {
      const project = await workbench.application();
      await project.write(`everything.${extension}`, program());
      const [file, ...parameters] = await commandOf(workbench, runtime);
      const env = runtime.hasSqlite === false ? { WITHOUT_SQLITE: "1" } : {};
      const output = await project.succeed(file, [...parameters, `everything.${extension}`], env);
      expectOutput(output, "works");
    },
  };
}

async function commandOf(workbench: Workbench, { command }: Runtime): Promise<[string, ...string[]]> {
  const [file, ...parameters] = command;
  return [join((await workbench.runtimes()).folder, "node_modules", file), ...parameters];
}

const OLD_NODE: Row = {
  area: "Runtimes",
  name: "Node.js below 22.12",
  tools: ["node20"],
  proof: "the import of every entry point fails, and the message says which version is needed",
  limit: "not supported; install Node.js 22.12 or newer",
  async check(workbench) {
    const project = await workbench.application();
    const old: Runtime = { tool: "node20", label: "", command: ["node20/bin/node"] };
    const [file] = await commandOf(workbench, old);
    await project.write("old.mjs", importEach(entryPoints(readManifests())));
    expectOutput(await project.succeed(file, ["old.mjs"]), "works");
  },
};

function importEach(names: readonly string[]): string {
  return `
for (const name of ${JSON.stringify(names)}) {
  const message = await import(name).then(() => "no error", (error) => error.message);
  if (!message.includes("needs Node.js 22.12 or newer, but this process runs Node.js " + process.versions.node)) {
    throw new Error(name + ": " + message);
  }
}
console.log("works");
`;
}

export const RUNTIME_ROWS: readonly Row[] = [
  ...RUNTIMES.flatMap((runtime) => [runtimeRow(runtime, "import"), runtimeRow(runtime, "require")]),
  OLD_NODE,
];
