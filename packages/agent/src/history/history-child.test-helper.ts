import { appendFileSync } from "node:fs";
import { sqliteStore } from "@threadstore/sqlite";
import {
  callMessage,
  scriptedAgent,
  type ScriptedMessage,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import { storedHistory } from "./stored-history.ts";

// A child process of the tests: it runs a turn and is killed at one of its steps. Its arguments are the database, the
// log of the tool and the step.

const [file = "", log = "", step = ""] = process.argv.slice(2);

function dieAt(reached: string): void {
  if (step === reached) process.kill(process.pid, "SIGKILL");
}

function respond(messages: readonly ScriptedMessage[]): ScriptedMessage {
  const last = messages.at(-1);
  return last?.role === "tool" ? { role: "assistant", content: "done" } : callMessage(["1", "work", "{}"]);
}

const store = sqliteStore({ path: file });
const threads = store.namespace("threads");
const work = defineTool({
  name: "work",
  run: () => {
    appendFileSync(log, "work\n");
    dieAt("in the tool");
    return "worked";
  },
});
const model = scriptModel(
  ...Array.from({ length: 20 }, () => ({ messages }: { messages: readonly ScriptedMessage[] }) => ({
    message: respond(messages),
  })),
);
// A lease of a process that was killed must not keep the tests waiting.
const history = storedHistory({ store, journal: true, lease: { durationMs: 1000 }, createId: () => "h" });
const agent = scriptedAgent(model, { tools: [work], history });
const saved = await threads.load("t");
const thread = saved === undefined ? agent.getNewThread() : await agent.deserializeThread(saved.thread);
const reference = await thread.serialize();
dieAt("before the thread is saved");
if (saved === undefined) await threads.save("t", reference);
await agent.run("go", thread, { key: "request 1" });
dieAt("after the run");
await threads.save("t", await thread.serialize(), { overwrite: true });
await store.close();
