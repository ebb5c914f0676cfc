// Runs on each host: takes turns of conversations from the line "go" on, and prints the results as JSON.
import { once } from "node:events";
import { createHistogram } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { runConversations } from "../load/conversations.ts";
import { openClientStore, type ClientStore } from "./services.ts";

/** What a client does. */
export interface ClientTask {
  readonly store: ClientStore;
  readonly name: string;
  readonly conversations: number;
  readonly durationMs: number;
}

/** What a client has done. Times of turns are in nanoseconds. */
export interface ClientReport {
  readonly turns: number;
  readonly percentiles: Readonly<Record<"50" | "99", number>>;
}

const { store: place, ...task } = JSON.parse(process.argv[2] ?? "") as ClientTask;
await using opened = openClientStore(place);
const store = opened.store.namespace("conversations");
// Connects, and compiles code.
await runConversations({
  ...task,
  store,
  name: `${task.name}-warm`,
  durationMs: 1500,
  histogram: createHistogram(),
});
const lines = createInterface(process.stdin);
const go = once(lines, "line");
process.stdout.write("ready\n");
await go;
lines.close();
const histogram = createHistogram();
await runConversations({ ...task, store, histogram });
const percentiles = { "50": histogram.percentile(50), "99": histogram.percentile(99) };
process.stdout.write(`${JSON.stringify({ turns: histogram.count, percentiles } satisfies ClientReport)}\n`);
