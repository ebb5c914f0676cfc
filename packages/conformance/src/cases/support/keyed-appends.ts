import type { ChildClient } from "../../engines/child-process/child-client.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectEqual, loadExisting, outcomeOf } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";

/** How many processes append, and how often each of them does. A thread remembers the keys of all of them. */
const AMOUNTS = { quick: { processes: 3, appends: 8 }, full: { processes: 4, appends: 24 } } as const;

const THREAD = "shared";

/** One of the processes, which numbers its appends. */
interface Appender {
  readonly process: number;
  readonly client: ChildClient;
}

/** Appends one element under its key. Resolves with whether it was appended. */
async function append(client: ChildClient, process: number, number: number): Promise<boolean> {
  const options = { key: `process ${process}, append ${number}`, create: { messages: [] } };
  const { appended } = await client.append(THREAD, [[process, number]], options);
  return appended;
}

/**
 * Processes append to one thread at the same time. One is killed while it appends. Another one then repeats its append
 * under the same key, as a queue delivers a message again, and makes the appends that it had left.
 */
export async function appendInProcesses({ openInChildProcess, open, settings }: CaseContext): Promise<void> {
  const { processes, appends } = AMOUNTS[settings.effort];
  const appenders = await Promise.all(
    range(processes).map(async (process): Promise<Appender> => ({
      process,
      client: await openInChildProcess(),
    })),
  );
  const [killed, successor, ...others] = appenders;
  if (killed === undefined || successor === undefined)
    throw new RangeError("At least two processes must append.");
  const appendAll = async ({ client, process }: Appender): Promise<void> => {
    for (const number of range(appends)) {
      expectEqual(await append(client, process, number), true, "an append with a new key appends");
    }
  };
  await Promise.all([takeOver(killed, successor, appends), ...[successor, ...others].map(appendAll)]);
  const { thread } = await loadExisting(await open(), THREAD, "the thread can be loaded");
  const messages = thread["messages"] as [process: number, number: number][];
  for (const process of range(processes)) {
    expectEqual(
      messages.filter(([by]) => by === process).map(([, number]) => number),
      range(appends),
      `each append of process ${process + 1} of ${processes} took effect once, in order`,
    );
  }
}

/** Kills a process during an append. The successor repeats this append and makes the remaining ones. */
async function takeOver({ client, process }: Appender, successor: Appender, appends: number): Promise<void> {
  const last = Math.floor(appends / 2);
  for (const number of range(last)) await append(client, process, number);
  const interrupted = outcomeOf(() => append(client, process, last));
  await client.kill();
  await interrupted;
  for (const number of range(appends).slice(last)) await append(successor.client, process, number);
  // The acknowledged appends are repeated, too.
  for (const number of range(last)) {
    const appended = await append(successor.client, process, number);
    expectEqual(appended, false, "an append that another process made under the same key is not repeated");
  }
}
