import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NEXT_ROW } from "./next.ts";
import { MEMORY_PROGRAM } from "./programs.ts";
import type { Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Tool } from "./versions.ts";

const PRINTING_PROGRAM = `${MEMORY_PROGRAM}\nmain().then(console.log);`;

interface Bundle {
  readonly tool: Tool;
  readonly name: string;
  /** Whether the bundle is for browsers, and therefore imports nothing. */
  readonly isForBrowsers: boolean;
  readonly build: (project: Project) => Promise<string>;
}

const BUNDLES: readonly Bundle[] = [
  {
    tool: "esbuild",
    name: "esbuild, for Node.js, CommonJS",
    isForBrowsers: false,
    build: async (project) => esbuild(project, "esbuild-node.cjs", "--platform=node", "--format=cjs"),
  },
  {
    tool: "esbuild",
    name: "esbuild, for browsers",
    isForBrowsers: true,
    build: async (project) => esbuild(project, "esbuild-browser.mjs", "--platform=browser", "--format=esm"),
  },
  {
    tool: "vite",
    name: "Vite, for servers",
    isForBrowsers: false,
    build: async (project) => {
      await project.write("vite/package.json", JSON.stringify({ type: "module" }));
      await project.write("vite/entry.js", PRINTING_PROGRAM);
      const parameters = ["build", "vite", "--ssr", "entry.js", "--outDir", "server"];
      await project.succeed(project.bin("vite"), parameters);
      return "vite/server/entry.js";
    },
  },
  {
    tool: "vite",
    name: "Vite, for browsers",
    isForBrowsers: true,
    build: async (project) => {
      await project.write("vite-browser/package.json", JSON.stringify({ type: "module" }));
      await project.write("vite-browser/entry.js", PRINTING_PROGRAM);
      await project.write(
        "vite-browser/vite.config.js",
        `export default { build: { lib: { entry: "entry.js", formats: ["es"], fileName: "entry" }, outDir: "dist" } };`,
      );
      await project.succeed(project.bin("vite"), ["build", "vite-browser"]);
      return "vite-browser/dist/entry.js";
    },
  },
  {
    tool: "webpack",
    name: "webpack, for Node.js",
    isForBrowsers: false,
    build: async (project) => webpack(project, "node"),
  },
  {
    tool: "webpack",
    name: "webpack, for browsers",
    isForBrowsers: true,
    build: async (project) => webpack(project, "web"),
  },
];

async function esbuild(project: Project, output: string, ...parameters: readonly string[]): Promise<string> {
  await project.write("esbuild-entry.mjs", PRINTING_PROGRAM);
  await project.succeed(project.bin("esbuild"), [
    "esbuild-entry.mjs",
    "--bundle",
    `--outfile=${output}`,
    ...parameters,
  ]);
  return output;
}

async function webpack(project: Project, target: "node" | "web"): Promise<string> {
  await project.write(`webpack-${target}/entry.mjs`, PRINTING_PROGRAM);
  await project.write(
    `webpack-${target}/build.cjs`,
    `const path = __dirname;
    require("webpack")(
      { context: path, entry: "./entry.mjs", target: ${JSON.stringify(target)}, mode: "production", output: { path, filename: "out.cjs" } },
      (error, stats) => {
        if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exitCode = 1; }
      },
    );`,
  );
  await project.succeed(process.execPath, [`webpack-${target}/build.cjs`]);
  return `webpack-${target}/out.cjs`;
}

function bundleRow({ tool, name, isForBrowsers, build }: Bundle): Row {
  return {
    area: isForBrowsers ? "Edge and browsers" : "Bundlers and frameworks",
    name,
    tools: [tool],
    proof: isForBrowsers
      ? "a bundle of core with the memory store runs, and imports nothing"
      : "a bundle of core with the memory store runs",
    async check(workbench) {
      const project = await workbench.tools();
      const file = await build(project);
      const code = await readFile(join(project.folder, file), "utf8");
      const imported = /["']node:\w+["']|require\(["']/u.exec(code)?.[0];
      if (isForBrowsers && imported !== undefined) throw new Error(`The bundle contains ${imported}.`);
      expectOutput(await project.succeed(process.execPath, [file]), "works");
    },
  };
}

export const BUNDLER_ROWS: readonly Row[] = [...BUNDLES.map(bundleRow), NEXT_ROW];
