import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalModel, startLocalModel } from "./demo/local-model.ts";

let model: LocalModel;
let folder: string;

beforeAll(async () => {
  model = await startLocalModel();
  folder = await mkdtemp(join(tmpdir(), "threadstore-examples-"));
});

afterAll(async () => {
  await model.stop();
  await rm(folder, { recursive: true });
});

/** Runs an example as a user would, in a process of its own; resolves to what it printed and how it ended. */
async function runExample(
  name: string,
  extra: NodeJS.ProcessEnv = {},
  ...parameters: string[]
): Promise<{ code: unknown; output: string }> {
  const { AZURE_OPENAI_ENDPOINT: _, ...environment } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...parameters], {
    cwd: folder,
    env: { ...environment, OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "local", ...extra },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = await once(child, "close");
  return { code, output };
}

describe.each(["sqlite.ts", "file-system.ts"])("%s", (name) => {
  it("goes on with the conversation in a second process", async () => {
    expect(await runExample(name)).toEqual({ code: 0, output: expect.stringContaining("get hooked") });
    expect(await runExample(name)).toEqual({ code: 0, output: expect.stringContaining("Arrr!") });
  });
});

it("memory.ts shows a conflict and a listing", async () => {
  const { code, output } = await runExample("memory.ts");
  expect(output).toContain("conflict: the thread is at another version");
  expect(output).toContain("pirate { title: 'Pirates' }");
  expect(code).toBe(0);
});

describe("the examples", () => {
  it("are at most 40 lines each", async () => {
    const files = (await readdir(import.meta.dirname)).filter((name) => /^[\w-]+\.ts$/u.test(name));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const lines = (await readFile(join(import.meta.dirname, file), "utf8")).trimEnd().split("\n");
      expect(lines.length, file).toBeLessThanOrEqual(40);
    }
  });
});

describe("the demo", () => {
  it("shows one conversation in two processes, with the file and the versions", async () => {
    const { code, output } = await runExample("demo/demo.ts");
    const pids = [...output.matchAll(/^Process (\d+)$/gmu)].map(([, pid]) => pid);
    expect(new Set(pids).size).toBe(2);
    const versions = [...output.matchAll(/saved +version (\S+),/gu)].map(([, version]) => version);
    expect(new Set(versions).size).toBe(2);
    expect(output).toContain(`loaded    version ${versions[0]}, 2 messages`);
    // The second process prints the whole conversation, so the joke stands there twice.
    expect(output.match(/assistant +Why is pirating so addictive/gu)).toHaveLength(2);
    expect(output).toMatch(/assistant +Arrr!/u);
    expect(output).toContain("threads.db");
    expect(output).toContain(
      `process ${pids[1]} went on with the conversation that process ${pids[0]} began`,
    );
    expect(code).toBe(0);
  });

  it("says in a sentence that credentials are missing", async () => {
    const { code, output } = await runExample("demo/process.ts", { OPENAI_API_KEY: "" }, "x.db", "Hello");
    expect(output).toContain("OPENAI_API_KEY");
    expect(output).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it.each([
    ["a folder that does not exist", "/nowhere/threads.db", "MISCONFIGURED"],
    ["a file that is no database", join(import.meta.dirname, "package.json"), "MISCONFIGURED"],
  ])("says in a sentence what is wrong with %s", async (_, path, code) => {
    const result = await runExample("demo/process.ts", {}, path, "Hello");
    expect(result.code).toBe(1);
    expect(result.output).toMatch(new RegExp(`^${code}: .+\\.$`, "mu"));
    expect(result.output).not.toContain("    at ");
  });
});
