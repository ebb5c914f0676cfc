import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Registry, startRegistry } from "../registry.ts";
import { vendorPeers } from "../vendor-peers.ts";
import { packPackages, readManifests, ROOT } from "./packages.ts";
import { Project } from "./project.ts";
import { type Tool, VERSIONS } from "./versions.ts";

/** The projects that rows share, each of which is installed when the first row needs it. */
export interface Workbench {
  /** All packages, the client libraries that they need, and the compilers. CommonJS, as `npm init` writes it. */
  application(): Promise<Project>;
  /** The runtimes. */
  runtimes(): Promise<Project>;
  /** Bundlers, frameworks and test runners, with the packages that they bundle. */
  tools(): Promise<Project>;
  /** A project of that name with these packages, whose install scripts do not run. */
  project(name: string, packages: readonly string[]): Promise<Project>;
  /** The folder of the projects. */
  readonly folder: string;
  /** The URL of the registry with the packages of this workspace. */
  readonly registry: string;
  dispose(): Promise<void>;
}

/** The client libraries of users. */
const CLIENTS: ReadonlySet<string> = new Set([
  ...vendorPeers().map(({ vendor }) => vendor),
  "zod",
  // Workers: a graph, and a parser of XML for S3.
  "@langchain/langgraph",
  "@xmldom/xmldom",
]);

export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-compatibility-"));
  const tarballs = join(folder, "tarballs");
  const registry = await startRegistry(await packPackages(tarballs));
  const published = publishedPackages(tarballs);
  const create = onceEach(registry, folder);
  return {
    folder,
    registry: registry.url,
    application: async () =>
      create("application", [
        ...published,
        ...CLIENTS,
        "@types/node@24",
        ...aliases("typescript56", "typescript59", "typescript7"),
        ...exact("esbuild"),
      ]),
    runtimes: async () =>
      create("runtimes", [
        ...aliases("node20", "node22", "node22Latest", "node24", "nodeCurrent"),
        ...exact("bun", "deno", "workerd"),
      ]),
    tools: async () =>
      create("tools", [
        "@threadstore/core",
        "@threadstore/sqlite",
        "better-sqlite3",
        "@threadstore/openai",
        // The Strands Agents SDK, whose errors the guides know, accepts no other major.
        "openai@^6.45.0",
        ...guidePackages(),
        // The command line, with the viewer.
        ...published.filter((name) => !name.startsWith("@")),
        "react-dom@19",
        // Next.js needs them to build an application in TypeScript.
        `typescript@${VERSIONS.typescript59}`,
        "@types/node@24",
        "@types/react@19",
        `jest-environment-jsdom@${VERSIONS.jest}`,
        ...exact("vite", "vitest", "jest", "webpack", "next", "react", "esbuild"),
      ]),
    project: (name, packages) => create(name, packages, "--ignore-scripts"),
    async dispose() {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Returns what installs each package. Projects ask the registry of the workspace only for names in its scope. */
function publishedPackages(tarballs: string): string[] {
  return readManifests().map(({ name, version }) =>
    name.startsWith("@") ? name : join(tarballs, `${name}-${version}.tgz`),
  );
}

/** Returns a function that creates each project at its first call. */
function onceEach(registry: Registry, folder: string) {
  const projects = new Map<string, Promise<Project>>();
  const install = async (
    name: string,
    packages: readonly string[],
    parameters: readonly string[],
  ): Promise<Project> => {
    const project = await Project.initialize(join(folder, name), registry.url);
    await project.install(packages, ...parameters);
    return project;
  };
  return async (
    name: string,
    packages: readonly string[],
    ...parameters: readonly string[]
  ): Promise<Project> => {
    const project = projects.get(name) ?? install(name, packages, parameters);
    projects.set(name, project);
    return project;
  };
}

/** The packages whose errors have a status in the guide for Next.js. */
function guidePackages(): string[] {
  const guide = readFileSync(join(ROOT, "examples/guides/http.ts"), "utf8");
  return [...guide.matchAll(/from "(@threadstore\/[\w-]+)"/gu)].map(([, name = ""]) => name);
}

function exact(...tools: readonly Tool[]): string[] {
  return tools.map((tool) => `${tool}@${VERSIONS[tool]}`);
}

/** Installs several versions of one package side by side. */
function aliases(...tools: readonly Tool[]): string[] {
  return tools.map((tool) => {
    const name = tool.startsWith("node") ? "node" : "typescript";
    return `${tool.toLowerCase()}@npm:${name}@${VERSIONS[tool]}`;
  });
}
