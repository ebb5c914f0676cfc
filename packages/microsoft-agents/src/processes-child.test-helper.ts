// The child process of processes.test.ts. It reports "ready", and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { ConversationState } from "@microsoft/agents-hosting";
import { sqliteStore } from "@threadstore/sqlite";
import { stateStorage, StorageError } from "./index.ts";
import { turn } from "./turn.test-helper.ts";

const [path = "", turns = ""] = process.argv.slice(2);
const store = sqliteStore({ path });
const state = new ConversationState(stateStorage({ store }));
const count = state.createProperty<number>("count");

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Runs a turn, again if the other process has saved the state meanwhile. Resolves with the number of conflicts. */
async function runTurn(): Promise<number> {
  const context = turn();
  for (let conflicts = 0; ; conflicts += 1) {
    await count.set(context, (await count.get(context, 0)) + 1);
    try {
      await state.saveChanges(context);
      return conflicts;
    } catch (error) {
      if (!StorageError.is(error, "CONFLICT")) throw error;
      await state.load(context, true);
    }
  }
}

const go = once(process, "message");
await report("ready");
await go;
for (let index = 0; index < Number(turns); index += 1) await runTurn();
await store.close();
process.disconnect();
