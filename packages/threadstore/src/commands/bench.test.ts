import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { benchStore, type BenchResult } from "../bench/bench-store.ts";
import { quantile, rowOf, spreadOf } from "../bench/measure.ts";
import { threadOfSize } from "../bench/scenario.ts";
import { sentencesOf } from "../bench/sentences.ts";
import { type Outcome, type RunOptions, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();
const cli = (parameters: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runIn(folder(), parameters, options);
const open = (): ThreadStore => sqliteStore({ path: join(folder(), "threads.db"), synchronous: "normal" });

beforeAll(async () => {
  const store = open();
  await store.save("kept", {});
  await store.close();
});

/** Returns everything in the database. */
async function contents(): Promise<unknown> {
  const store = open();
  const { threads } = await store.listPage();
  const { namespaces } = await store.namespaces();
  await store.close();
  return { ids: threads.map(({ id }) => id), namespaces };
}

const UNTOUCHED = { ids: ["kept"], namespaces: [] };

describe("bench", () => {
  it("measures every operation, and leaves nothing", async () => {
    const { exitCode, stdout, stderr } = await cli([
      "bench",
      "sqlite:threads.db",
      "--seconds",
      "1",
      "--json",
    ]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout) as BenchResult & { store: string };
    expect(result).toMatchObject({ store: "sqlite:threads.db", seconds: 1 });
    expect([2, 3]).toContain(result.rounds);
    const names = result.rows.map((row) => `${row.operation}, ${row.bytes}, ${row.concurrency}`);
    const ofSizes = ["save", "load", "append"].flatMap((operation) =>
      [2000, 100_000].flatMap((bytes) => [1, 8].map((each) => `${operation}, ${bytes}, ${each}`)),
    );
    expect(names).toEqual([
      ...ofSizes,
      "list 100, null, 1",
      "list 100, null, 8",
      "update one thread, null, 8",
    ]);
    for (const { concurrency, calls, perSecond, p50Ms, roundsMs } of [...result.rows, result.control]) {
      expect(calls).toBeGreaterThanOrEqual(result.rounds * concurrency);
      expect([perSecond, p50Ms].every((value) => value > 0)).toBe(true);
      expect(roundsMs).toHaveLength(result.rounds);
    }
    const { attempts, conflicts, lost } = result.conflicts;
    expect([attempts > conflicts, lost]).toEqual([true, 0]);
    expect(await contents()).toEqual(UNTOUCHED);
  });

  it("prints a table that fits a terminal, and what it means", async () => {
    const { stdout } = await cli(["bench", "sqlite:threads.db#synchronous=normal", "-s", "1"], {
      env: { NO_COLOR: "1" },
    });
    const [label, header, ...lines] = stdout.split("\n").slice(0, 18);
    expect([label, header]).toEqual([
      "sqlite:threads.db",
      expect.stringMatching(/^Operation +Size +At once +Calls +Per s +p50 ms +p95 ms +p99 ms$/u),
    ]);
    expect(lines.map((line) => line.length).filter((length) => length > 80)).toEqual([]);
    expect(stdout).toMatch(/^A save of 2 KB takes .* ms.*One of 100 KB takes .* times as long\.$/mu);
    expect(stdout).toContain("and no update was lost.");
    expect(stdout).toMatch(/^The control, .*varied by \d+ %/mu);
  });

  it.each([50, 400, 900])("deletes its threads after Ctrl+C, here after %i ms", async (afterMs) => {
    const signal = AbortSignal.timeout(afterMs);
    const { exitCode, stdout, stderr } = await cli(["bench", "sqlite:threads.db#synchronous=normal"], {
      signal,
    });
    expect([exitCode, stdout, stderr]).toEqual([
      130,
      "",
      "threadstore: Stopped. The threads of the benchmark are deleted.\n",
    ]);
    expect(await contents()).toEqual(UNTOUCHED);
  });

  it("deletes its threads after a Ctrl+C that the terminal and npm pass on", async () => {
    const bin = join(import.meta.dirname, "../../bin/threadstore.js");
    const child = spawn(process.execPath, [bin, "bench", "sqlite:threads.db#synchronous=normal"], {
      cwd: folder(),
    });
    const stderr = text(child.stderr);
    const ended = once(child, "close");
    await expect.poll(contents, { timeout: 30_000 }).not.toEqual(UNTOUCHED);
    child.kill("SIGINT");
    await setTimeout(20);
    child.kill("SIGINT");
    expect([await ended, await stderr]).toEqual([
      [130, null],
      "threadstore: Stopped. The threads of the benchmark are deleted.\n",
    ]);
    expect(await contents()).toEqual(UNTOUCHED);
  });

  it("deletes its threads after a failure, and reports it", async () => {
    const url = "sqlite:threads.db#maxThreadBytes=50000&synchronous=normal";
    const { exitCode, stderr } = await cli(["bench", url, "-s", "1"]);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("TOO_LARGE")]);
    expect(await contents()).toEqual(UNTOUCHED);
  });

  it("finds a backend that loses updates", async () => {
    const lossy = wrapThreadStore(memoryStore(), {
      name: "lossy",
      operations(namespace) {
        const { inner } = namespace;
        return {
          ...forwardOperations(namespace),
          ...forwardChanges(namespace),
          async save({ id, thread, options: { previous: _previous, ...options } }, call) {
            // Another writer may save in the meantime.
            await setTimeout(1);
            const overwriting = { ...options, ...call.options(), overwrite: true };
            return { stored: await inner.save(id, thread.value, overwriting) };
          },
        };
      },
    });
    const { signal } = new AbortController();
    const result = await benchStore(lossy, { seconds: 1, signal, show: () => undefined });
    expect(result.conflicts.lost).toBeGreaterThan(0);
    expect(sentencesOf(result).join("\n")).toContain("Do not use this backend");
  });

  it("rejects at once if the backend is away", async () => {
    const unavailable = new ThreadStoreError("UNAVAILABLE", "It is away.");
    const away = wrapThreadStore(memoryStore(), {
      name: "away",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        save: () => Promise.reject(unavailable),
        erase: () => Promise.reject(new Error("It cannot be erased, too.")),
      }),
    });
    const { signal } = new AbortController();
    const running = benchStore(away, { seconds: 60, signal, show: () => undefined });
    await expect(running).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("the numbers", () => {
  it("are quantiles, only where there are enough calls", () => {
    const times = Array.from({ length: 200 }, (_, index) => 200 - index);
    const scenario = { operation: "save", bytes: 2000, concurrency: 1 };
    expect(rowOf(scenario, [{ times, elapsedMs: 1000 }])).toMatchObject({
      calls: 200,
      perSecond: 200,
      p50Ms: 100,
      p95Ms: 190,
      p99Ms: 198,
    });
    expect(rowOf(scenario, [{ times: times.slice(0, 40), elapsedMs: 10 }])).toMatchObject({ p99Ms: null });
    expect(rowOf(scenario, [{ times: times.slice(0, 39), elapsedMs: 10 }])).toMatchObject({ p95Ms: null });
    expect(quantile([], 0.5)).toBe(0);
    expect(spreadOf({ roundsMs: [2, 1, 1.5] })).toBe(0.667);
  });

  it.each([2000, 100_000])("are those of threads of %i bytes", (bytes) => {
    const size = JSON.stringify(threadOfSize(bytes)).length;
    expect(Math.abs(size - bytes)).toBeLessThan(bytes * 0.05);
  });
});
