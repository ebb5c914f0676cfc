// Imports and exports with --format that are killed or stopped. The same command then continues.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { user } from "@openai/agents-core";
import { beforeAll, describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { filesOf, jsonLinesOf, put, transferIn, type TransferOutcome } from "./formats.test-helper.ts";

const BIN = join(import.meta.dirname, "../../bin/threadstore.js");
const CONVERSATIONS = 40;
const ENTRIES = 40;
const folder = temporaryFolder();

const UUID = "0b9cbd0e-2a76-4e6f-8f5a-3f5b4c1d";

/** Writes a thread with many checkpoints and pending writes in each. */
async function writeCheckpoints(saver: SqliteSaver, thread: string): Promise<void> {
  let config = { configurable: { thread_id: thread, checkpoint_ns: "" } } as Parameters<typeof saver.put>[0];
  for (let step = 0; step < ENTRIES / 10; step += 1) {
    const lines = Array.from({ length: step + 1 }, (_, index) => `${thread} line ${index}`);
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(step),
      channel_values: { lines },
      channel_versions: { lines: step + 1 },
    };
    config = await saver.put(config, checkpoint, { source: "loop", step, parents: {} });
    await saver.putWrites(config, [["lines", [`${step}`]]], `task ${step}`);
  }
}

beforeAll(async () => {
  for (let index = 0; index < CONVERSATIONS; index += 1) {
    const items = Array.from({ length: 20 }, (_, turn) => user(`session ${index}, turn ${turn}`));
    await put(join(folder(), `items/s${index}.jsonl`), jsonLinesOf(items));
    const entries = Array.from({ length: ENTRIES }, (_, turn) => ({
      type: "user",
      uuid: `${UUID}${String(index).padStart(4, "0")}-${turn}`,
      message: { role: "user", content: `session ${index}, turn ${turn} ${"x".repeat(200)}` },
    }));
    await put(join(folder(), `claude/-app/s${index}.jsonl`), jsonLinesOf(entries));
    const content = [{ type: "text", text: `session ${index}` }];
    const messages = [{ type: "message", role: "user", contents: content }];
    const session = {
      type: "session",
      session_id: `s${index}`,
      service_session_id: null,
      state: { in_memory: { messages } },
    };
    await put(join(folder(), `agents/s${index}.json`), JSON.stringify(session));
  }
  const saver = SqliteSaver.fromConnString(join(folder(), "tables.db"));
  saver.db.pragma("synchronous = off");
  for (let index = 0; index < CONVERSATIONS; index += 1) await writeCheckpoints(saver, `t${index}`);
  saver.db.close();
});

type Row = readonly [format: string, source: string, signal: "SIGKILL" | "SIGINT"];

const ROWS: readonly Row[] = [
  ["openai-agents", "items", "SIGKILL"],
  ["openai-agents", "items", "SIGINT"],
  ["claude", "claude", "SIGKILL"],
  ["agent-framework", "agents", "SIGKILL"],
  ["langgraph-sqlite", "tables.db", "SIGKILL"],
];

const ATTEMPTS = 8;

/**
 * Runs a command, and stops it with the signal when `hasStarted` resolves with `true`. Repeats this with another command
 * if it ended first, because this process had to wait for the CPU.
 */
async function interrupt(
  signal: NodeJS.Signals,
  commandOf: (attempt: number) => readonly string[],
  hasStarted: (attempt: number, child: ChildProcess) => Promise<boolean>,
): Promise<readonly string[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const command = commandOf(attempt);
    const child = spawn(process.execPath, [BIN, ...command], { cwd: folder(), stdio: "ignore" });
    const ended = once(child, "close");
    while (child.exitCode === null && !(await hasStarted(attempt, child))) await setTimeout(20);
    child.kill(signal);
    const [exitCode] = (await ended) as [number | null];
    if (exitCode === (signal === "SIGKILL" ? null : 130)) return command;
  }
  throw new Error(`The command ended ${ATTEMPTS} times before it could be stopped.`);
}

async function threadsIn(url: string): Promise<number> {
  const { exitCode, stdout } = await runIn(folder(), ["stats", url, "--json"]);
  return exitCode === 0 ? (JSON.parse(stdout) as { threads: number }).threads : 0;
}

async function filesIn(name: string): Promise<number> {
  // Those that are being written begin with a dot.
  const names = await filesOf(join(folder(), name)).catch(() => []);
  return names.filter((path) => !path.split("/").at(-1)?.startsWith(".")).length;
}

/**
 * Interrupts an import, and continues it. Repeats this with another store if the import had already stored everything,
 * because this process had to wait for the CPU.
 */
async function continuedImport(
  format: string,
  source: string,
  signal: NodeJS.Signals,
): Promise<{ readonly command: readonly string[]; readonly report: TransferOutcome["report"] }> {
  let stores = 0;
  const url = (): string => `sqlite:${format}-${signal}-${stores}.db#synchronous=normal`;
  for (let attempt = 1; ; attempt += 1) {
    const command = await interrupt(
      signal,
      () => {
        stores += 1;
        return ["import", source, url(), "--format", format];
      },
      // A thread of LangGraph is stored as many.
      async () => (await threadsIn(url())) > (format === "langgraph-sqlite" ? 60 : 3),
    );
    const { exitCode, report } = await transferIn(folder(), ...command);
    expect([exitCode, report.moved + report.present]).toEqual([0, CONVERSATIONS]);
    if (report.moved > 0 || attempt === ATTEMPTS) return { command, report };
  }
}

describe.each(ROWS)("with %s, from %s, after %s", (format, source, signal) => {
  it("an import continues, and loses nothing", async () => {
    const { command, report } = await continuedImport(format, source, signal);
    expect(report.moved).toBeGreaterThan(0);
    expect(report.present).toBeGreaterThan(0);
    const whole = [
      ...command.slice(0, 2),
      `sqlite:${format}-${signal}-whole.db#synchronous=normal`,
      ...command.slice(3),
    ];
    await transferIn(folder(), ...whole);
    const out = (name: string): string => `${name}-${format}-${signal}`;
    for (const [name, from] of [
      ["one", command[2]],
      ["two", whole[2]],
    ] as const) {
      const exported = await transferIn(folder(), "export", from ?? "", out(name), "--format", format);
      expect(exported).toMatchObject({ exitCode: 0, report: { moved: CONVERSATIONS } });
    }
    const again = await transferIn(folder(), "export", command[2] ?? "", out("two"), "--format", format);
    expect(again).toMatchObject({ exitCode: 0, report: { moved: 0, present: CONVERSATIONS } });
    for (const name of ["one", "two"]) await rm(join(folder(), out(name)), { recursive: true });
  });

  it("an export continues, and every file is whole", async () => {
    const store = `sqlite:${format}-${signal}-from.db#synchronous=normal`;
    await transferIn(folder(), "import", source, store, "--format", format);
    const target = (attempt: number): string => `killed-${format}-${signal}-${attempt}`;
    const command = await interrupt(
      signal,
      (attempt) => ["export", store, target(attempt), "--format", format],
      async (attempt) => {
        const name = target(attempt);
        // Four threads are exported at a time.
        return format === "langgraph-sqlite" ? (await threadsOf(name)) > 4 : (await filesIn(name)) > 3;
      },
    );
    const { exitCode, report } = await transferIn(folder(), ...command);
    expect([exitCode, report.moved + report.present]).toEqual([0, CONVERSATIONS]);
    expect(report.present).toBeGreaterThan(0);
    const copy = command[2] ?? "";
    const back = await transferIn(folder(), "import", copy, store, "--format", format);
    expect(back).toMatchObject({ exitCode: 0, report: { moved: 0, present: CONVERSATIONS } });
    await expectSameFiles(copy, source, format);
  });
});

/** Resolves with the number of threads in the tables of LangGraph. */
async function threadsOf(name: string): Promise<number> {
  const saver = SqliteSaver.fromConnString(join(folder(), name));
  try {
    const row = saver.db.prepare("SELECT count(DISTINCT thread_id) AS count FROM checkpoints").get();
    return (row as { count: number }).count;
  } catch {
    return 0;
  } finally {
    saver.db.close();
  }
}

async function expectSameFiles(copy: string, source: string, format: string): Promise<void> {
  if (format === "langgraph-sqlite") return;
  const names = await filesOf(join(folder(), source));
  // What a killed process was writing was replaced by the run that continued.
  expect(await filesOf(join(folder(), copy))).toEqual(names);
  for (const name of names) {
    expect(await readFile(join(folder(), copy, name))).toEqual(await readFile(join(folder(), source, name)));
  }
}
