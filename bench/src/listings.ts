// node bench/src/listings.ts [--threads N] [NAME...]: how long the first pages of large listings take on each backend.
import { parseArgs } from "node:util";
import type { ListOptions, ThreadStore } from "@threadstore/core";
import { turnMessages } from "./messages.ts";
import { STORES, storeNamed } from "./stores/open-stores.ts";

const LISTINGS: readonly (readonly [title: string, options: ListOptions])[] = [
  ["20 by id", {}],
  ["20 latest", { order: "updated" }],
  ["20 latest with a prefix of 100 threads", { order: "updated", prefix: "t-12" }],
  ["20 latest where 100 threads match", { order: "updated", where: { owner: "user-7" } }],
];

const RUNS = 9;

/** Returns the median time of a page, in milliseconds, and how many threads it had. */
async function measure(store: ThreadStore, options: ListOptions): Promise<string> {
  const times: number[] = [];
  let count = 0;
  for (let run = 0; run <= RUNS; run += 1) {
    const started = performance.now();
    const { threads } = await store.listPage({ ...options, limit: 20, metadata: true });
    // The first run opens connections and compiles code.
    if (run > 0) times.push(performance.now() - started);
    count = threads.length;
  }
  const median = times.toSorted((one, other) => one - other)[Math.floor(RUNS / 2)] ?? Number.NaN;
  const share = count === 20 ? "" : ` (${count} threads)`;
  return `${median < 10 ? median.toFixed(1) : Math.round(median)} ms${share}`;
}

async function fill(store: ThreadStore, count: number): Promise<void> {
  const concurrency = 16;
  const save = async (lane: number): Promise<void> => {
    for (let n = lane; n < count; n += concurrency) {
      const id = `t-${String(n).padStart(4, "0")}`;
      await store.save(id, { messages: turnMessages(1) }, { metadata: { owner: `user-${n % 100}` } });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, lane) => save(lane)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "10000" } },
});
print(`| ${values.threads} threads | ${LISTINGS.map(([title]) => title).join(" | ")} |`);
print(`|---|${"---|".repeat(LISTINGS.length)}`);
const names = positionals.length > 0 ? positionals : Object.keys(STORES);
for (const name of names.map(storeNamed)) {
  const place = await STORES[name]();
  try {
    await using opened = place.open();
    await fill(opened.store, Number(values.threads));
    const cells: string[] = [];
    for (const [, options] of LISTINGS) cells.push(await measure(opened.store, options));
    print(`| ${name} | ${cells.join(" | ")} |`);
  } finally {
    await place.stop();
  }
}
