import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
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

const ROUTE = `
import { sqliteStore } from "@threadstore/sqlite";
import { createChatAgent } from "@threadstore/openai";
import OpenAI from "openai";
const store = sqliteStore({ path: "threads.db" });
  export const dynamic = "force-dynamic";
export async function GET() {
  const agent = createChatAgent({ client: new OpenAI({ apiKey: "none" }), model: "none" });
  const previous = await store.load("a");
  const thread = previous ? await agent.deserializeThread(previous.thread) : agent.getNewThread();
  await store.save("a", await thread.serialize(), { previous });
  return Response.json({ answer: "works" });
}
`;

const EDGE_ROUTE = `
${MEMORY_PROGRAM}
  export const runtime = "edge";
export async function GET() { return Response.json({ answer: await main() }); }
`;

const LAYOUT = `export default function Layout({ children }) { return <html><body>{children}</body></html>; }`;

async function startNext(project: Project, port: number): Promise<() => Promise<void>> {
  const server = spawn(
    process.execPath,
    [join(project.folder, "node_modules/next/dist/bin/next"), "start", "next", "-p", String(port)],
    {
      cwd: project.folder,
      stdio: "ignore",
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
    },
  );
  return async () => {
    if (server.exitCode !== null) return;
    server.kill();
    await once(server, "exit");
  };
}

async function answerOf(url: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt === 120) throw error;
      await wait(250);
    }
  }
}

const NEXT_ROW: Row = {
  area: "Bundlers and frameworks",
  name: "Next.js, route handlers",
  tools: ["next", "react"],
  proof:
    "`next build`, and `next start` answers from a route with SQLite and an agent, and from an edge route with core",
  async check(workbench) {
    const project = await workbench.tools();
    await project.write("next/package.json", "{}");
    await project.write("next/app/layout.jsx", LAYOUT);
    await project.write("next/app/page.jsx", "export default function Page() { return <p>page</p>; }");
    await project.write("next/app/node/route.js", ROUTE);
    await project.write("next/app/edge/route.js", EDGE_ROUTE);
    await project.write(
      "next/next.config.mjs",
      `export default { serverExternalPackages: ["better-sqlite3"] };`,
    );
    await project.succeed(project.bin("next"), ["build", "next"]);
    const port = 20_000 + (process.pid % 10_000);
    const stop = await startNext(project, port);
    try {
      expectOutput(await answerOf(`http://127.0.0.1:${port}/node`), "works");
      expectOutput(await answerOf(`http://127.0.0.1:${port}/edge`), "works");
    } finally {
      await stop();
    }
  },
};

export const BUNDLER_ROWS: readonly Row[] = [...BUNDLES.map(bundleRow), NEXT_ROW];
