// The command as users run it, in processes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { type Outcome, temporaryFolder } from "./cli/cli.test-helper.ts";

const BIN = join(import.meta.dirname, "../bin/threadstore.js");
const CONFIG = join(import.meta.dirname, "../../../examples/threadstore.config.ts");
const folder = temporaryFolder();

async function run(...parameters: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [BIN, ...parameters], { cwd: folder() });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: exitCode as number, stdout, stderr };
}

beforeAll(async () => {
  const store = sqliteStore({ path: join(folder(), "threads.db") });
  await store.save("pirate", { messages: [{ role: "user", content: "Ahoy" }] });
  await store.close();
});

describe("the bin", () => {
  it("prints plain text to pipes, and exits with the code", async () => {
    const { exitCode, stdout, stderr } = await run("show", "sqlite:threads.db", "pirate");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\n\nuser\n {2}Ahoy\n$/u);
    expect(stdout).not.toContain("\u001b");
  });

  it("explains a wrong command line", async () => {
    const { exitCode, stdout, stderr } = await run("lst", "sqlite:threads.db");
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Did you mean ls?");
  });

  it("opens the store of a configuration in TypeScript", async () => {
    const { exitCode, stdout } = await run("ls", "config:local", "--config", CONFIG);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^pirate /mu)]);
  });
});
