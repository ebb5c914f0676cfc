// node bench/src/stalls.ts [--megabytes N] [--rounds N] [NAME...]: for how long calls with a large thread block the event
// loop. Prints the CPU time of the main thread between two turns of the event loop, at most, and the time of the call.
import { parseArgs } from "node:util";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { TEXT_PARTS } from "@threadstore/core/documents";
import { median } from "./measure/statistics.ts";
import { messagesOfSize } from "./messages.ts";
import { type OpenOptions, STORES, storeNamed } from "./stores/open-stores.ts";

interface Cost {
  readonly stallMs: number;
  readonly wallMs: number;
}

async function measure(call: () => Promise<unknown>): Promise<Cost> {
  let stallMs = 0;
  let isRunning = true;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    stallMs = Math.max(stallMs, (user + system) / 1000);
    before = process.threadCpuUsage();
    if (isRunning) setImmediate(look);
  };
  await new Promise(setImmediate);
  const started = performance.now();
  before = process.threadCpuUsage();
  const called = call();
  setImmediate(look);
  await called;
  const wallMs = performance.now() - started;
  isRunning = false;
  await new Promise(setImmediate);
  look();
  return { stallMs, wallMs };
}

type Form = (messages: readonly string[]) => object | string;

const FORMS: Readonly<Record<string, Form>> = {
  text: (messages) => `{"messages":[${messages.join(",")}]}`,
  parts: (messages) => {
    const parts = messages.map((message, index) => (index === 0 ? message : `,${message}`));
    return { [TEXT_PARTS]: () => ['{"messages":[', ...parts, "]}"] };
  },
  object: (messages) => ({ messages: messages.map((message) => JSON.parse(message)) }),
};

/** Measures each call once, and returns its cost by its name. */
async function measureCalls(
  store: ThreadStore,
  form: Form,
  messages: readonly string[],
): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost>();
  const run = async (name: string, call: () => Promise<unknown>): Promise<void> => {
    costs.set(name, await measure(call));
  };
  const added = [...messages, '{"role":"user","content":"one more"}'];
  const [first, turn] = [form(messages), form(added)];
  const other = form(messages.toReversed());
  let saved: StoredThread | undefined;
  await run("first save", async () => (saved = await store.save("t", first)));
  await run("added turn", async () => (saved = await store.save("t", turn, { previous: saved })));
  await run("append", () => store.append("t", [{ role: "user", content: "another" }]));
  await run("load", async () => (saved = await store.load("t")));
  await run("rewrite", async () => (saved = await store.save("t", other, { previous: saved })));
  await run("delete", () => store.delete("t"));
  return costs;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { megabytes: { type: "string", default: "16" }, rounds: { type: "string", default: "5" } },
});
const messages = messagesOfSize(Number(values.megabytes) * 1_000_000).map((each) => JSON.stringify(each));
const names = positionals.length > 0 ? positionals : ["memory", "file-system", "sqlite"];
const settings: readonly OpenOptions[] = [{ isDurable: true }, { isDurable: false }];
for (const [name, options] of names
  .map(storeNamed)
  .flatMap((each) => settings.map((one) => [each, one] as const))) {
  for (const [formName, form] of Object.entries(FORMS)) {
    const place = await STORES[name]();
    try {
      await using opened = place.open({ ...options, maxThreadBytes: 200_000_000 });
      const rounds: Map<string, Cost>[] = [];
      for (let n = 0; n < Number(values.rounds); n += 1) {
        rounds.push(await measureCalls(opened.store, form, messages));
      }
      const cells = [...(rounds[0]?.keys() ?? [])].map((call) => {
        const of = (key: keyof Cost): string =>
          median(rounds.map((costs) => costs.get(call)?.[key] ?? 0)).toFixed(0);
        return `${call} ${of("stallMs")} (${of("wallMs")})`;
      });
      print(
        `| ${name}${options.isDurable === true ? "" : ", not durable"} | ${formName} | ${cells.join(" | ")} |`,
      );
    } finally {
      await place.stop();
    }
  }
}
