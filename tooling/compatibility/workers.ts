import { suiteProgram } from "./conformance.ts";
import { MEMORY_PROGRAM } from "./programs.ts";
import { postgres, type QuickStartServer, redis } from "./quick-start-servers.ts";
import type { Row } from "./row.ts";
import { BUCKET } from "./worker-bucket.ts";
import { PROGRAMS, storeProgram } from "./worker-programs.ts";
import { runWorker, type WorkerProgram } from "./workerd.ts";

interface WorkerRow extends Pick<Row, "name" | "proof"> {
  readonly worker: WorkerProgram;
}

/** A store that needs a server. */
interface ServerRow extends Pick<Row, "name" | "proof"> {
  readonly file: string;
  readonly start: () => Promise<QuickStartServer>;
  readonly program: (env: NodeJS.ProcessEnv) => string;
}

const WORKERS: readonly WorkerRow[] = [
  {
    name: "Cloudflare Workers, no flags: core and its memory store",
    proof: "saves, lists and loads in `workerd`",
    worker: { name: "memory", program: MEMORY_PROGRAM, flags: [] },
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: core and its memory store",
    proof: "pass the conformance suite in `workerd`, except two cases that need more functions of `process`",
    worker: { name: "suite", program: suiteProgram("C5-1", "F6-4"), flags: ["nodejs_compat"] },
  },
  {
    name: "Cloudflare Workers, no flags: openai, agent, agent-framework",
    proof: "a conversation in `workerd`, with a model that answers from the program",
    worker: PROGRAMS.agent,
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: attachments, ai-sdk",
    proof: "saves and loads an attachment in `workerd`",
    worker: PROGRAMS.attachments,
  },
  {
    name: "Cloudflare Workers, no flags: encryption",
    proof: "encrypts, loads and encrypts again in `workerd`, with a key service in the program",
    worker: PROGRAMS.encryption,
  },
  {
    name: "Cloudflare Workers, no flags: history, compression",
    proof: "saves, loads, forks and prunes versions that are compressed in `workerd`",
    worker: PROGRAMS.history,
  },
  {
    name: "Cloudflare Workers, no flags: http",
    proof: "serves every operation of the thread API in `workerd`",
    worker: PROGRAMS.threadApi,
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: strands",
    proof: "writes and reads a value in `workerd`",
    worker: PROGRAMS.strands,
  },
  {
    name: "Cloudflare Workers, no flags: microsoft-agents",
    proof: "writes and reads a state, and refuses a stale one, in `workerd`",
    worker: PROGRAMS.microsoftAgents,
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: langgraph",
    proof: "runs a graph twice in `workerd`",
    worker: PROGRAMS.langgraph,
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: openai-agents",
    proof: "keeps a session in `workerd`",
    worker: PROGRAMS.openaiAgents,
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: s3",
    proof:
      "checks a bucket, saves and loads in `workerd`, with a `DOMParser`; another worker plays the bucket",
    worker: { ...PROGRAMS.s3, outbound: BUCKET },
  },
];

const SERVERS: readonly ServerRow[] = [
  {
    name: "Cloudflare Workers, `nodejs_compat`: postgres",
    proof: "saves and loads in `workerd`, with PostgreSQL",
    file: "postgres",
    start: postgres,
    program: ({ DATABASE_URL }) =>
      storeProgram(
        `import { postgresStore } from "@threadstore/postgres";`,
        `postgresStore({ url: ${JSON.stringify(DATABASE_URL)} })`,
      ),
  },
  {
    name: "Cloudflare Workers, `nodejs_compat`: redis",
    proof: "saves and loads in `workerd`, with Redis",
    file: "redis",
    start: redis,
    program: ({ REDIS_URL }) =>
      storeProgram(
        `import { redisStore } from "@threadstore/redis";`,
        `redisStore({ url: ${JSON.stringify(REDIS_URL)} })`,
      ),
  },
];

const common = { area: "Edge and browsers", tools: ["workerd"] } as const;

export const WORKER_ROWS: readonly Row[] = [
  ...WORKERS.map(({ worker, ...row }): Row => ({
    ...row,
    ...common,
    check: async (workbench) => runWorker(workbench, worker),
  })),
  ...SERVERS.map(({ name, proof, file, start, program }): Row => ({
    name,
    proof,
    ...common,
    async check(workbench) {
      const server = await start();
      try {
        const text = program(server.env);
        await runWorker(workbench, { name: file, program: text, flags: ["nodejs_compat"] });
      } finally {
        await server.stop();
      }
    },
  })),
];
