import { once } from "node:events";
import { writeSync } from "node:fs";
import { fileSystemDriver } from "./driver.ts";

// The other process of the tests: does one job on a folder and reports on its standard output, synchronously,
// so that a line that was written is not lost when the process is killed.

const [job = "", folder = "", argument = ""] = process.argv.slice(2);
const driver = fileSystemDriver({ folder });
const options = { signal: new AbortController().signal };
const key = { namespace: "", id: "thread" };

function report(line: string): void {
  writeSync(1, `${line}\n`);
}

function record(text: string) {
  const bytes = Buffer.from(text);
  return { bytes, unchanged: 0, trailerLength: 0, nonce: "0".repeat(22), expiresAt: undefined };
}

async function current(): Promise<{ version: string; text: string } | undefined> {
  const found = await driver.read(key, undefined, options);
  return found && { version: found.version, text: Buffer.from(found.bytes ?? []).toString() };
}

const jobs: { readonly [job: string]: (() => Promise<void>) | undefined } = {
  /** Adds one to the number in the thread, as often as the argument says. */
  async increment() {
    for (let done = 0; done < Number(argument);) {
      const found = await current();
      const next = record(String(Number(found?.text ?? 0) + 1));
      if ((await driver.write(key, next, found?.version, options)) !== undefined) done += 1;
    }
  },

  /** Creates twenty threads, and says which it was the one to create. */
  async create() {
    for (let round = 0; round < 20; round += 1) {
      const id = `round ${round}`;
      const version = await driver.write({ ...key, id }, record(argument), undefined, options);
      if (version !== undefined) report(`${id} ${argument}`);
    }
  },

  /** Saves or deletes what it finds, by turns with the others, and says with which version it did what. */
  async contend() {
    for (let round = 0; round < 100; round += 1) {
      const found = await current();
      if (found === undefined) {
        const created = await driver.write(key, record("x"), undefined, options);
        if (created !== undefined) report(`from nothing to ${created}`);
      } else if ((round + Number(argument)) % 2 === 0) {
        if (await driver.delete(key, found.version, options)) report(`from ${found.version} to nothing`);
      } else {
        const saved = await driver.write(key, record("x"), found.version, options);
        if (saved !== undefined) report(`from ${found.version} to ${saved}`);
      }
    }
  },

  /** Counts up until it is killed. */
  async count() {
    for (;;) {
      const found = await current();
      const next = Number(found?.text.split(" ")[0] ?? 0) + 1;
      report(`try ${next}`);
      await driver.write(key, record(`${next} ${"x".repeat(100_000)} ${next}`), found?.version, options);
      report(`done ${next}`);
    }
  },

  /** Replaces the thread once, for whoever watches its system calls. */
  async replace() {
    const found = await current();
    await driver.write(key, record("new"), found?.version, options);
    report("acknowledged");
  },

  /** Tries to read, write and list as a user without rights, or within limits on the process. */
  async attempt() {
    if (argument === "as nobody" && process.getuid?.() === 0) process.setuid?.(65_534);
    await reportOutcome("read", () => driver.read(key, undefined, options));
    const large = record("x".repeat(1_000_000));
    await reportOutcome("create", () => driver.write({ ...key, id: "new" }, large, undefined, options));
    const found = await current().catch(() => undefined);
    await reportOutcome("replace", () => driver.write(key, large, found?.version ?? "0".repeat(32), options));
    await reportOutcome("delete", () => driver.delete(key, found?.version ?? "0".repeat(32), options));
    await reportOutcome("list", () => driver.list("", { after: undefined, limit: 10 }, options));
  },
};

async function reportOutcome(name: string, run: () => Promise<unknown>): Promise<void> {
  try {
    const result = await run();
    report(`${name} ${result === undefined || result === false ? "nothing" : "done"}`);
  } catch (error) {
    const explanation = driver.explain?.(error);
    report(`${name} ${explanation?.code} ${explanation?.applied}`);
  }
}

report("ready");
if (["increment", "create", "contend"].includes(job)) await once(process.stdin.resume(), "end");
await jobs[job]?.();
