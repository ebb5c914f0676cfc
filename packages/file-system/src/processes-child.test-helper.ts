import { once } from "node:events";
import { writeSync } from "node:fs";
import { ALL_BY_ID, asyncDriver, DriverError } from "@threadstore/core/driver";
import { fileSystemDriver, fileSystemStore } from "./file-system-store.ts";

// The child process of processes.test.ts. It runs one task on a folder and reports on its standard output, which it
// writes synchronously, so that no line is lost when the process is killed.

const [taskName = "", folder = "", argument = ""] = process.argv.slice(2);
const driver = asyncDriver(fileSystemDriver({ folder }));
const options = { signal: new AbortController().signal };
const KEY = { namespace: "", id: "thread" };

function report(line: string): void {
  writeSync(1, `${line}\n`);
}

function record(text: string) {
  const bytes = Buffer.from(text);
  return {
    bytes,
    unchanged: 0,
    trailerLength: 0,
    nonce: "0".repeat(22),
    expiresAt: undefined,
    updatedAt: 0,
    changedMetadata: {},
  };
}

async function readCurrent(): Promise<{ version: string; text: string } | undefined> {
  const storedRecord = await driver.read(KEY, undefined, options);
  return (
    storedRecord && { version: storedRecord.version, text: Buffer.from(storedRecord.bytes ?? []).toString() }
  );
}

const TASKS: { readonly [task: string]: (() => Promise<void>) | undefined } = {
  /** Adds one to the number in the thread, as many times as the argument says. */
  async increment() {
    for (let done = 0; done < Number(argument);) {
      const current = await readCurrent();
      const next = record(String(Number(current?.text ?? 0) + 1));
      if ((await driver.write(KEY, next, current?.version, options)) !== undefined) done += 1;
    }
  },

  /** Appends to a thread 8 times, while other processes do the same. */
  async appendPairs() {
    const store = fileSystemStore({ folder });
    for (let n = 0; n < 8; n += 1)
      await store.append("chat", [
        [argument, n, "one"],
        [argument, n, "two"],
      ]);
  },

  /** Tries to create twenty threads, and reports those that it created. */
  async create() {
    for (let round = 0; round < 20; round += 1) {
      const id = `round ${round}`;
      const version = await driver.write({ ...KEY, id }, record(argument), undefined, options);
      if (version !== undefined) report(`${id} ${argument}`);
    }
  },

  /** Saves and deletes the current version in turn, while other processes do the same, and reports every success. */
  async contend() {
    for (let round = 0; round < 100; round += 1) {
      const current = await readCurrent();
      if (current === undefined) {
        const created = await driver.write(KEY, record("x"), undefined, options);
        if (created !== undefined) report(`from nothing to ${created}`);
      } else if ((round + Number(argument)) % 2 === 0) {
        if (await driver.delete(KEY, current.version, options)) report(`from ${current.version} to nothing`);
      } else {
        const saved = await driver.write(KEY, record("x"), current.version, options);
        if (saved !== undefined) report(`from ${current.version} to ${saved}`);
      }
    }
  },

  /** Counts up until the process is killed. */
  async count() {
    for (;;) {
      const current = await readCurrent();
      const next = Number(current?.text.split(" ")[0] ?? 0) + 1;
      report(`try ${next}`);
      await driver.write(KEY, record(`${next} ${"x".repeat(100_000)} ${next}`), current?.version, options);
      report(`done ${next}`);
    }
  },

  /** Appends numbers until the process is killed. */
  async append() {
    const store = fileSystemStore({ folder });
    for (let n = Number(argument); ; n += 1) {
      await store.append("thread", [n]);
      report(`done ${n}`);
    }
  },

  /** Replaces the thread once, while its system calls are traced. */
  async replace() {
    const current = await readCurrent();
    await driver.write(KEY, record("new"), current?.version, options);
    report("acknowledged");
  },

  /** Tries every operation, as a user without permissions or within limits of the process. */
  async attempt() {
    if (argument === "as nobody" && process.getuid?.() === 0) process.setuid?.(65_534);
    await reportOutcome("read", () => driver.read(KEY, undefined, options));
    const large = record("x".repeat(1_000_000));
    await reportOutcome("create", () => driver.write({ ...KEY, id: "new" }, large, undefined, options));
    const version = (await readCurrent().catch(() => undefined))?.version ?? "0".repeat(32);
    await reportOutcome("replace", () => driver.write(KEY, large, version, options));
    await reportOutcome("delete", () => driver.delete(KEY, version, options));
    await reportOutcome("list", () => driver.list("", { ...ALL_BY_ID, limit: 10 }, options));
  },
};

async function reportOutcome(name: string, run: () => Promise<unknown>): Promise<void> {
  try {
    const result = await run();
    report(`${name} ${result === undefined || result === false ? "nothing" : "done"}`);
  } catch (error) {
    report(DriverError.is(error) ? `${name} ${error.code} ${error.effect}` : `${name} ${String(error)}`);
  }
}

report("ready");
if (["increment", "create", "contend"].includes(taskName)) await once(process.stdin.resume(), "end");
await TASKS[taskName]?.();
