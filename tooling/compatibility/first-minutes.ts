import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ROOT } from "./packages.ts";
import { Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Workbench } from "./workbench.ts";

const LIMIT_MS = 60_000;

interface QuickStart {
  readonly document: string;
  readonly title: string;
  /** The expected output of both runs. */
  readonly outputs: readonly [first: string, second: string];
}

/** The programs of stores that need no server. The tests of the other packages run theirs. */
const QUICK_STARTS: readonly QuickStart[] = [
  { document: "README.md", title: "the quick start", outputs: ["1 message", "3 messages"] },
  { document: "packages/sqlite/README.md", title: "sqlite's", outputs: ["Visit 1.", "Visit 2."] },
  { document: "packages/file-system/README.md", title: "file-system's", outputs: ["Visit 1.", "Visit 2."] },
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

function answer(request: string): string {
  const { length } = (JSON.parse(request) as { messages: unknown[] }).messages;
  const message = { role: "assistant", content: `${length} message${length === 1 ? "" : "s"}` };
  const choices = [{ index: 0, finish_reason: "stop", message }];
  return JSON.stringify({ id: "1", object: "chat.completion", created: 0, model: "m", choices });
}

/** Starts a model that answers with the number of messages that it received. */
async function startModel(): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    void text(request).then((body) => response.end(answer(body)));
    response.setHeader("content-type", "application/json");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, stop: () => server.close() };
}

async function follow({ document, outputs }: QuickStart, workbench: Workbench): Promise<void> {
  const { packages, program, file } = readQuickStart(document);
  const started = performance.now();
  const project = await Project.initialize(
    join(workbench.folder, document.replaceAll("/", "-")),
    workbench.registry,
  );
  await project.install(packages);
  await project.write(file, program);
  const model = await startModel();
  try {
    const env = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "none" };
    for (const expected of outputs)
      expectOutput(await project.succeed(process.execPath, [file], env), expected);
  } finally {
    model.stop();
  }
  const duration = performance.now() - started;
  if (duration > LIMIT_MS) throw new Error(`It took ${Math.round(duration / 1000)} seconds.`);
}

export const FIRST_MINUTES_ROWS: readonly Row[] = QUICK_STARTS.map((quickStart) => ({
  area: "First minutes",
  name: `\`npm init -y\`, and ${quickStart.title} \`npm install\` and program`,
  tools: ["node24"],
  proof: "typed as the README says, run twice, in less than a minute",
  check: async (workbench) => follow(quickStart, workbench),
}));
