// node tooling/cold-start/first-call.ts [ROUNDS]
// Prints the tables of docs/decisions/0085-cold-start.md about the first call: what the first and the tenth save cost in
// new processes that take turns, with the stores and with their clients, and what the first save consists of.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installStores, median } from "./published.ts";

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

type Costs = Readonly<Record<string, Cost>>;

/** Imports, a function that opens a store or a client, and one that saves a thread. */
interface Contestant {
  readonly name: string;
  readonly imports: string;
  readonly open: string;
  readonly save: string;
}

const STORE_SAVE = "store.save(`thread-${number}`, thread)";

/** The clients save the same thread as JSON, with the same durability. */
const CONTESTANTS: readonly Contestant[] = [
  {
    name: "sqlite",
    imports: 'import { sqliteStore } from "@threadstore/sqlite";',
    open: 'sqliteStore({ path: join(folder, "threads.db") })',
    save: STORE_SAVE,
  },
  {
    name: "`better-sqlite3`",
    imports: 'import Sqlite from "better-sqlite3";',
    open: `(() => {
      const database = new Sqlite(join(folder, "threads.db"));
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      database.exec("CREATE TABLE threads (id TEXT PRIMARY KEY, version INTEGER NOT NULL, json TEXT NOT NULL)");
      return database.prepare("INSERT INTO threads VALUES (?, 1, ?)");
    })()`,
    save: "store.run(`thread-${number}`, JSON.stringify(thread))",
  },
  {
    name: "file-system",
    imports: 'import { fileSystemStore } from "@threadstore/file-system";',
    open: 'fileSystemStore({ folder: join(folder, "threads") })',
    save: STORE_SAVE,
  },
  {
    name: "`node:fs`",
    imports: 'import fs from "node:fs";',
    open: '(fs.mkdirSync(join(folder, "threads")), sync(folder), join(folder, "threads"))',
    save: `(() => {
      const path = join(store, number + ".json");
      const file = fs.openSync(path + ".new", "wx");
      fs.writeSync(file, JSON.stringify(thread));
      fs.fsyncSync(file);
      fs.closeSync(file);
      fs.renameSync(path + ".new", path);
      sync(store);
    })()`,
  },
];

const PREPARATION = `
import { mkdtempSync, openSync, fsyncSync, closeSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
const folder = mkdtempSync(join(tmpdir(), "threadstore-first-call-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const sync = (path) => { const file = openSync(path, "r"); fsyncSync(file); closeSync(file); };
const thread = { messages: Array.from({ length: 5 }, (_, index) => ({ role: "user", content: "x".repeat(1000) + index })) };
const costs = {};
async function measure(name, work) {
  const before = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  costs[name] = { wallMs, cpuMs: (user + system) / 1000 };
  return result;
}
// The measurement itself is not cold.
for (let time = 0; time < 3; time += 1) await measure("none", async () => undefined);`;

const PRINT = "console.log(JSON.stringify(costs));";

function timesOf({ imports, open, save }: Contestant): string {
  return `${imports}${PREPARATION}
    let store;
    await measure("first", async () => { store = ${open}; const number = 0; await ${save}; });
    for (let number = 1; number < 10; number += 1) await measure(number === 9 ? "tenth" : "other", async () => ${save});
    ${PRINT}`;
}

/** Runs the parts of a first save one after the other, so that each finds the earlier ones done. */
function partsOf({ imports, open, save }: Contestant): string {
  return `import { memoryStore } from "@threadstore/core"; ${imports}${PREPARATION}
    await measure("modules of Node.js", async () => ["node:crypto", "node:zlib"].map((name) => process.getBuiltinModule(name)));
    await measure("core's code", async () => memoryStore().save("thread-0", thread));
    const store = ${open};
    const number = 0;
    await measure("opening, with a load", async () => store.load("missing"));
    await measure("the rest of the save", async () => ${save});
    ${PRINT}`;
}

function runIn(folder: string, program: string): Costs {
  // Without the compiled code of earlier processes, which most applications do not keep.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const parameters = ["--input-type=module", "--eval", program];
  return JSON.parse(
    execFileSync(process.execPath, parameters, { cwd: folder, env, encoding: "utf8" }),
  ) as Costs;
}

/** Returns the medians over the rounds. */
function medians(rounds: readonly Costs[], name: string): Cost {
  const own = rounds.flatMap((costs) => costs[name] ?? []);
  return { wallMs: median(own.map(({ wallMs }) => wallMs)), cpuMs: median(own.map(({ cpuMs }) => cpuMs)) };
}

function cells({ wallMs, cpuMs }: Cost): string {
  return `${wallMs.toFixed(2)} | ${cpuMs.toFixed(2)}`;
}

const rounds = Number(process.argv[2] ?? 11);
const folder = await mkdtemp(join(tmpdir(), "threadstore-cold-start-"));
try {
  await installStores(folder);
  const rows = CONTESTANTS.map((contestant) => ({ contestant, times: [] as Costs[], parts: [] as Costs[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, times, parts } of rows) {
      times.push(runIn(folder, timesOf(contestant)));
      if (contestant.save === STORE_SAVE) parts.push(runIn(folder, partsOf(contestant)));
    }
  }
  console.log("| save | first, wall ms | CPU ms | tenth, wall ms | CPU ms | ratio, wall | CPU |");
  console.log("|---|---|---|---|---|---|---|");
  for (const { contestant, times } of rows) {
    const [first, tenth] = [medians(times, "first"), medians(times, "tenth")];
    const ratios = [first.wallMs / tenth.wallMs, first.cpuMs / tenth.cpuMs].map((ratio) => ratio.toFixed(0));
    console.log(`| ${contestant.name} | ${cells(first)} | ${cells(tenth)} | ${ratios.join(" | ")} |`);
  }
  console.log("\n| first save | part | wall ms | CPU ms |\n|---|---|---|---|");
  for (const { contestant, parts } of rows) {
    for (const name of Object.keys(parts[0] ?? {}).filter((part) => part !== "none")) {
      console.log(`| ${contestant.name} | ${name} | ${cells(medians(parts, name))} |`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
