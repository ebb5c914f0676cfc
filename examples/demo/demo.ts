// A conversation that outlives its process: one process tells a joke, another continues the conversation.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { modelFromEnvironment } from "./agent.ts";
import { startLocalModel } from "./local-model.ts";
import { heading, line } from "./print.ts";

const folder = join(import.meta.dirname, "../../.cache/demo");
const database = relative(process.cwd(), join(folder, "threads.db"));
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const model = modelFromEnvironment(process.env);
const local = model === "local" ? await startLocalModel() : undefined;
const environment = local ? { OPENAI_BASE_URL: local.url, OPENAI_API_KEY: "local" } : {};

heading("A conversation that outlives its process");
if (local) {
  line("model", `a local server at ${local.url} with canned answers`);
  line("", "set OPENAI_API_KEY, or AZURE_OPENAI_ENDPOINT after az login, to use a real model");
} else {
  line("model", model === "azure" ? `Azure OpenAI at ${process.env["AZURE_OPENAI_ENDPOINT"]}` : "OpenAI");
}

try {
  const first = await runProcess("Tell me a short pirate joke.");
  const second = await runProcess("Now tell that joke in the voice of a pirate.");
  heading(`Done: process ${second} continued the conversation that process ${first} started.`);
  line("inspect", `sqlite3 ${database} "SELECT CAST(id AS TEXT), version, size FROM threadstore_threads"`);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await local?.stop();
}

/** Runs one step in a new process. Resolves with its id once it has succeeded. */
async function runProcess(input: string): Promise<number | undefined> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "process.ts"), database, input], {
    env: { ...process.env, ...environment },
    stdio: "inherit",
  });
  heading(`Process ${child.pid}`);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`process ${child.pid} exited with code ${code}. See its output above.`);
  return child.pid;
}
