import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CountingModel, startModel } from "./model.ts";
import { ROOT } from "./packages.ts";
import { Project } from "./project.ts";
import { azurite, postgres, type QuickStartServer, redis, s3 } from "./quick-start-servers.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Workbench } from "./workbench.ts";

const LIMIT_MS = 60_000;

interface QuickStart {
  readonly document: string;
  readonly title: string;
  /** The expected output of both runs. */
  readonly outputs: readonly [first: string, second: string];
  /** Starts the server that the program needs. */
  readonly start?: () => Promise<QuickStartServer>;
  /** The server, for the table. */
  readonly server?: string;
}

const VISITS = ["Visit 1.", "Visit 2."] as const;

export const QUICK_STARTS: readonly QuickStart[] = [
  {
    document: "README.md",
    title: "the quick start",
    outputs: ["1 message", "3 messages"],
    server: "a local model",
  },
  { document: "packages/sqlite/README.md", title: "sqlite's", outputs: VISITS },
  { document: "packages/file-system/README.md", title: "file-system's", outputs: VISITS },
  {
    document: "packages/postgres/README.md",
    title: "postgres's",
    outputs: VISITS,
    start: postgres,
    server: "PostgreSQL",
  },
  { document: "packages/redis/README.md", title: "redis's", outputs: VISITS, start: redis, server: "Redis" },
  {
    document: "packages/azure-blob/README.md",
    title: "azure-blob's",
    outputs: VISITS,
    start: azurite,
    server: "Azurite and an empty container",
  },
  {
    document: "packages/s3/README.md",
    title: "s3's",
    outputs: VISITS,
    start: s3,
    server: "Ceph RGW and an empty bucket",
  },
];

/** Returns the packages to install, the program and the name of its file, as a document states them. */
export function readQuickStart(document: string): { packages: string[]; program: string; file: string } {
  const content = readFileSync(join(ROOT, document), "utf8");
  const packages = /npm install (@threadstore[^\n#]*)/u.exec(content)?.[1]?.trim().split(/\s+/u);
  const program = /```ts\n(.*?)```/su.exec(content)?.[1];
  const file = /\bnode (\w[\w.-]*\.mts)/u.exec(content)?.[1];
  if (packages === undefined || program === undefined || file === undefined) {
    throw new Error(`${document} does not say what to install, to save and to run.`);
  }
  return { packages, program, file };
}

async function follow(quickStart: QuickStart, workbench: Workbench): Promise<void> {
  const servers: (QuickStartServer | CountingModel)[] = [await startModel()];
  try {
    if (quickStart.start !== undefined) servers.push(await quickStart.start());
    await followDocument(quickStart, workbench, servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Follows the document in an empty folder. */
async function followDocument(
  { document, outputs }: QuickStart,
  workbench: Workbench,
  servers: readonly Pick<QuickStartServer, "env" | "preparation">[],
): Promise<void> {
  const { packages, program, file } = readQuickStart(document);
  const env = Object.assign({}, ...servers.map((server) => server.env)) as NodeJS.ProcessEnv;
  const started = performance.now();
  const folder = join(workbench.folder, document.replaceAll("/", "-"));
  const project = await Project.initialize(folder, workbench.registry);
  await project.install(packages);
  for (const { preparation } of servers) {
    if (preparation === undefined) continue;
    await project.write("prepare.mjs", preparation);
    await project.succeed(process.execPath, ["prepare.mjs"], env);
  }
  await project.write(file, program);
  for (const expected of outputs)
    expectOutput(await project.succeed(process.execPath, [file], env), expected);
  const duration = performance.now() - started;
  if (duration > LIMIT_MS) throw new Error(`It took ${Math.round(duration / 1000)} seconds.`);
}

export const FIRST_MINUTES_ROWS: readonly Row[] = QUICK_STARTS.map((quickStart) => ({
  area: "First minutes",
  name: `\`npm init -y\`, and ${quickStart.title} \`npm install\` and program`,
  tools: ["node24"],
  proof: `typed as the README says, run twice, in less than a minute${
    quickStart.server === undefined ? "" : `, with ${quickStart.server}`
  }`,
  check: async (workbench) => follow(quickStart, workbench),
}));
