// The child process of processes.test.ts. It reports "ready", and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { user } from "@openai/agents-core";
import { sqliteStore } from "@threadstore/sqlite";
import { SessionError, threadSession } from "./index.ts";
import { addPairs, countOf } from "./items.test-helper.ts";

const [task = "", path = "", argument = ""] = process.argv.slice(2);
const store = sqliteStore({ path });
const session = threadSession({ store, id: "talk", maxAttempts: 1000 });

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Adds items until it is killed, and reports each one. */
async function grow(): Promise<void> {
  const start = (await session.getItems()).length;
  for (let count = start; ; count++) {
    await session.addItems([user(`${count} ${"x".repeat(20_000)}`)]);
    await report(`done ${count}`);
  }
}

/** Adds items and compacts the session until it is killed, and reports each added item. */
async function compact(): Promise<void> {
  const compacting = threadSession({
    store,
    id: "talk",
    maxAttempts: 1000,
    compact: ({ items }) => {
      const encrypted_content = String(countOf(items));
      return Promise.resolve({ items: [{ type: "compaction", encrypted_content }] });
    },
  });
  for (let count = 1; ; count++) {
    await compacting.addItems([user(`${count} ${"x".repeat(20_000)}`)]);
    await report(`done ${count}`);
    await compacting.runCompaction().catch((error: unknown) => {
      if (!SessionError.is(error, "HISTORY_CHANGED")) throw error;
    });
  }
}

// Imported only by the tasks that need it, because it takes longer to load than everything else.
function importTools(): Promise<typeof import("./tools.test-helper.ts")> {
  return import("./tools.test-helper.ts");
}

/** A tool that reports when it is called, and never returns. */
async function weather(): Promise<string> {
  await report("in the tool");
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Runs the agent until its tool hangs. */
async function hang(): Promise<void> {
  const { agentWith, runnerOf } = await importTools();
  await runnerOf(argument, "chat completions").run(agentWith({ weather }), "weather in Rome", { session });
}

/** Continues the conversation. */
async function resume(): Promise<void> {
  const { agentWith, runnerOf } = await importTools();
  const { finalOutput } = await runnerOf(argument, "responses").run(agentWith(), "thanks", { session });
  await report(String(finalOutput));
}

const tasks: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["add", () => addPairs(session, argument)],
  ["compact", compact],
  ["grow", grow],
  ["hang", hang],
  ["resume", resume],
]);

const work = tasks.get(task);
if (work === undefined) throw new Error(`Unknown task ${task}.`);
const go = once(process, "message");
await report("ready");
await go;
await work();
await store.close();
process.disconnect();
