// The child process of processes.test.ts. It reports "ready", and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { ConversationState } from "@microsoft/agents-hosting";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { stateStorage, StorageError } from "./index.ts";
import { turn } from "./turn.test-helper.ts";

/** The work of a child process, which reports the count after each of its turns. */
export interface TurnsTask {
  readonly location: StoreLocation;
  readonly turns: number;
}

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

/** Counts the turn, again if another process has saved the state meanwhile. Resolves with the count. */
export async function runTurn(state: ConversationState): Promise<number> {
  const count = state.createProperty<number>("count");
  const context = turn();
  for (;;) {
    const next = (await count.get(context, 0)) + 1;
    await count.set(context, next);
    try {
      await state.saveChanges(context);
      return next;
    } catch (error) {
      if (!StorageError.is(error, "CONFLICT")) throw error;
      await state.load(context, true);
    }
  }
}

async function run({ location, turns }: TurnsTask): Promise<void> {
  await using store = await openStore(location);
  const state = new ConversationState(stateStorage({ store }));
  const go = once(process, "message");
  await report("ready");
  await go;
  for (let index = 0; index < turns; index += 1) await report(String(await runTurn(state)));
}

const [task] = process.argv.slice(2);
if (task?.startsWith("{") === true) {
  await run(JSON.parse(task) as TurnsTask);
  process.disconnect();
}
