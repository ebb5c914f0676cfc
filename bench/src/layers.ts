// node bench/src/layers.ts [--rounds N] [--turns N] [NAME...]: what layers cost and save, beside the store alone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileSystemStore } from "@threadstore/file-system";
import { redisStore } from "@threadstore/redis";
import { startRedis } from "@threadstore/services";
import { sqliteStore } from "@threadstore/sqlite";
import { CONVERSATIONS, conversation } from "./layers/corpus.ts";
import { LAYERS } from "./layers/layers.ts";
import { bytesWritten, type Costs, measureLayers, type OpenStore } from "./layers/measure.ts";
import { median } from "./measure/statistics.ts";

interface OpenBackend {
  readonly open: OpenStore;
  readonly stop: () => unknown;
}

const BACKENDS: { readonly [name: string]: () => Promise<OpenBackend> } = {
  sqlite: async () => inFolder((path) => sqliteStore({ path: `${path}.db`, synchronous: "normal" })),
  "file-system": async () => inFolder((folder) => fileSystemStore({ folder })),
  async redis() {
    const { endpoint, stop } = await startRedis();
    return { open: (prefix) => redisStore({ url: endpoint.url, prefix }), stop };
  },
};

function inFolder(open: (path: string) => ReturnType<OpenStore>): OpenBackend {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-layers-"));
  return {
    open: (location) => open(join(folder, location)),
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The columns: a measure of the costs, whose median over the rounds is compared with that of the store alone. */
const COLUMNS: readonly (readonly [title: string, value: (costs: Costs) => number])[] = [
  ["stored", ({ storedBytes }) => storedBytes],
  ["written by saves", ({ saves }) => bytesWritten(saves)],
  ["written by appends", ({ appends }) => bytesWritten(appends)],
  ["time of saves", ({ saves }) => saves.wallMs],
  ["CPU of saves", ({ saves }) => saves.cpuMs],
  ["time of appends", ({ appends }) => appends.wallMs],
  ["time of loads", ({ loads }) => loads.wallMs],
  ["CPU of loads", ({ loads }) => loads.cpuMs],
];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function perStep({ wallMs, steps }: Costs["saves"]): string {
  return `${((wallMs * 1000) / steps.length).toFixed(0)} µs`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, turns: { type: "string", default: "200" } },
});
for (const name of positionals.length > 0 ? positionals : Object.keys(BACKENDS)) {
  const start = BACKENDS[name];
  if (start === undefined) throw new Error(`The backends are ${Object.keys(BACKENDS).join(", ")}.`);
  for (const kind of CONVERSATIONS) {
    const { open, stop } = await start();
    try {
      const turns = conversation(kind, Number(values.turns));
      const costs = await measureLayers(open, LAYERS, turns, Number(values.rounds));
      const [alone = []] = costs.values();
      const [first] = alone;
      if (first === undefined) throw new Error("`--rounds` must be at least 1.");
      print(
        `\n${name}, ${kind}: ${first.threadBytes} bytes in ${turns.length} turns; without layers, a save takes`,
      );
      print(`${perStep(first.saves)}, an append ${perStep(first.appends)}, a load ${perStep(first.loads)}\n`);
      print(`| layers | ${COLUMNS.map(([title]) => title).join(" | ")} |`);
      print(`|---|${"---|".repeat(COLUMNS.length)}`);
      for (const [layers, measured] of costs) {
        const cells = COLUMNS.map(([, value]) =>
          (median(measured.map(value)) / median(alone.map(value))).toFixed(2),
        );
        print(`| ${layers} | ${cells.join(" | ")} |`);
      }
    } finally {
      await stop();
    }
  }
}
