import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withHistory } from "@threadstore/history";
import { sqliteStore } from "@threadstore/sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, runIn } from "../cli/cli.test-helper.ts";

// In this package, so that the configuration finds the packages.
const folder = join(import.meta.dirname, `../../dist/versions-test-${process.pid}`);
const cli = (...parameters: string[]): Promise<Outcome> => runIn(folder, parameters);

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "threads.db");
  await writeFile(
    join(folder, "threadstore.config.mjs"),
    `import { withHistory } from "@threadstore/history";
     import { sqliteStore } from "@threadstore/sqlite";
     export default () => withHistory(sqliteStore({ path: ${JSON.stringify(path)} }));`,
  );
  const store = withHistory(sqliteStore({ path })).namespace("acme");
  const first = await store.save("talk", { messages: ["question", "Rhine\u001b[2J"] });
  await store.save("talk", { messages: ["question", "Elbe"], topic: "rivers" }, { previous: first });
  await store.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function versions(): Promise<string[]> {
  const { stdout } = await cli("versions", "config", "talk", "-n", "acme", "--json");
  return (JSON.parse(stdout) as { versions: { version: string }[] }).versions.map(({ version }) => version);
}

describe("a store with a history", () => {
  it("lists the versions of a thread", async () => {
    const { exitCode, stdout } = await cli("versions", "config", "talk", "-n", "acme");
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^Version +Saved +Size *\n\S+ .* B {2}current\n\S+ .* B\n$/u),
    ]);
    const missing = await cli("versions", "config", "none", "-n", "acme");
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining("There is no thread none."),
    ]);
  });

  it("compares two of them", async () => {
    const [newest = "", oldest = ""] = await versions();
    const { exitCode, stdout } = await cli("diff", "config", "talk", oldest, newest, "-n", "acme");
    expect([exitCode, stdout]).toEqual([
      0,
      [
        "messages, from element 1 on",
        String.raw`- "Rhine\u001b[2J"`,
        '+ "Elbe"',
        "topic",
        '+ "rivers"',
        "",
      ].join("\n"),
    ]);
    const same = await cli("diff", "config", "talk", newest, newest, "-n", "acme");
    expect(same.stdout).toBe("The versions are equal.\n");
  });

  it("creates a thread from one of them", async () => {
    const oldest = (await versions()).at(-1) ?? "";
    const { exitCode, stdout } = await cli("fork", "config", "talk", oldest, "talk-2", "-n", "acme");
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^Created talk-2 from talk: version \S+\.\n$/u),
    ]);
    const shown = await cli("show", "config", "talk-2", "-n", "acme", "--raw");
    expect(shown.stdout).toBe(JSON.stringify({ messages: ["question", "Rhine\u001b[2J"] }));
    const gone = await cli("fork", "config", "talk", "0-0", "talk-3", "-n", "acme");
    expect([gone.exitCode, gone.stderr]).toEqual([3, expect.stringContaining("CONFLICT")]);
  });

  it("is needed", async () => {
    const { exitCode, stderr } = await cli("versions", "sqlite:threads.db", "talk", "-n", "acme");
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("was opened without a history. Export the store with"),
    ]);
  });
});
