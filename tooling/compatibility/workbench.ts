import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPackages, readManifests } from "./packages.ts";
import { Project } from "./project.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { type Tool, VERSIONS } from "./versions.ts";

/** The projects that rows share, each of which is installed when the first row needs it. */
export interface Workbench {
  /** All packages, the client libraries that they need, and the compilers. CommonJS, as `npm init` writes it. */
  application(): Promise<Project>;
  /** The runtimes. */
  runtimes(): Promise<Project>;
  /** Bundlers, frameworks and test runners, with the packages that they bundle. */
  tools(): Promise<Project>;
  /** The folder of the projects. */
  readonly folder: string;
  /** The URL of the registry with the packages of this workspace. */
  readonly registry: string;
  dispose(): Promise<void>;
}

/** The client libraries of users, in the versions that this workspace is tested with. */
const CLIENTS = [
  "@aws-sdk/client-s3",
  "@azure/storage-blob",
  "@openai/agents-core",
  // For S3 on Workers.
  "@xmldom/xmldom",
  "ai",
  "better-sqlite3",
  "ioredis",
  "openai",
  "pg",
  "zod",
];

export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-compatibility-"));
  const registry = await startRegistry(await packPackages(join(folder, "tarballs")));
  const create = onceEach(registry, folder);
  return {
    folder,
    registry: registry.url,
    application: async () =>
      create("application", [
        ...readManifests().map(({ name }) => name),
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
        "openai",
        "react-dom@19",
        ...exact("vite", "vitest", "jest", "webpack", "next", "react", "esbuild"),
      ]),
    async dispose() {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Returns a function that creates each project at its first call. */
function onceEach(registry: Registry, folder: string) {
  const projects = new Map<string, Promise<Project>>();
  const install = async (name: string, packages: readonly string[]): Promise<Project> => {
    const project = await Project.initialize(join(folder, name), registry.url);
    await project.install(packages);
    return project;
  };
  return async (name: string, packages: readonly string[]): Promise<Project> => {
    const project = projects.get(name) ?? install(name, packages);
    projects.set(name, project);
    return project;
  };
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
