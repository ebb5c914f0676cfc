// What processes.test.ts runs in processes of their own. It says "ready" and begins at the parent's "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { user } from "@openai/agents-core";
import { sqliteStore } from "@threadstore/sqlite";
import { threadSession } from "./index.ts";

const [task = "", path = "", argument = ""] = process.argv.slice(2);
const store = sqliteStore({ path });
const session = threadSession({ store, id: "talk", maxAttempts: 1000 });

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Adds 100 questions with their answers, whoever else does. */
async function add(): Promise<void> {
  for (let count = 0; count < 100; count++) {
    await session.addItems([user(`${argument} ${count}`), user(`${argument} ${count} again`)]);
  }
}

/** Adds larger and larger items until it is killed, and says so after each. */
async function grow(): Promise<void> {
  const begin = (await session.getItems()).length;
  for (let count = begin; ; count++) {
    await session.addItems([user(`${count} ${"x".repeat(20_000)}`)]);
    await report(`done ${count}`);
  }
}

// Only for who needs them: they take longer to load than all the rest.
function tools(): Promise<typeof import("./tools.test-helper.ts")> {
  return import("./tools.test-helper.ts");
}

/** A tool that says when it runs, and never ends. */
async function weather(): Promise<string> {
  await report("in the tool");
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Talks to the agent until its tool runs. */
async function hang(): Promise<void> {
  const { agentWith, runnerOf } = await tools();
  await runnerOf(argument, "chat completions").run(agentWith({ weather }), "weather in Rome", { session });
}

/** Goes on with the conversation. */
async function resume(): Promise<void> {
  const { agentWith, runnerOf } = await tools();
  const { finalOutput } = await runnerOf(argument, "responses").run(agentWith(), "thanks", { session });
  await report(String(finalOutput));
}

const tasks: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["add", add],
  ["grow", grow],
  ["hang", hang],
  ["resume", resume],
]);

const work = tasks.get(task);
if (work === undefined) throw new Error(`No task ${task}.`);
const go = once(process, "message");
await report("ready");
await go;
await work();
await store.close();
process.disconnect();
