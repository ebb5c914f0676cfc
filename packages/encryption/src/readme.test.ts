import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { resolveEnvelopeOptions } from "./keys/envelope-options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code]) => code ?? "");
const env = { ...process.env, THREADS_KEY: randomBytes(32).toString("base64") };

/** Runs programs on the built package, in one folder. */
async function run(
  codes: readonly string[],
): Promise<{ readonly outputs: string[]; readonly files: Buffer }> {
  // Within this package, so that its own name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  using data = temporaryFolder();
  try {
    const outputs: string[] = [];
    for (const code of codes) {
      const file = join(folder, "example.ts");
      writeFileSync(file, code);
      outputs.push((await promisify(execFile)(process.execPath, [file], { cwd: data.path, env })).stdout);
    }
    const files = codes.some((code) => code.includes("threads.db"))
      ? readFileSync(join(data.path, "threads.db"))
      : "";
    return { outputs, files: Buffer.from(files) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the README's first program resumes, and stores no plaintext", async () => {
  const [program = ""] = programs;
  const { outputs, files } = await run([program, program]);
  expect(outputs).toEqual(["1 message(s), 58 bytes\n", "2 message(s), 102 bytes\n"]);
  expect(files.includes("support-4711")).toBe(true);
  for (const secret of ["My PIN is", '"role"', env.THREADS_KEY]) expect(files.includes(secret)).toBe(false);
});

test("the README's rotation reads with the old key and writes with the new one", async () => {
  const { outputs } = await run([programs[1] ?? ""]);
  expect(outputs).toEqual(['{"messages":["hello","again"]}\n']);
});

test("the README's job to encrypt threads again finishes", async () => {
  const program = programs.find((each) => each.includes("reseal(")) ?? "";
  expect((await run([program])).outputs).toEqual([
    expect.stringMatching(/^0 threads undefined\n\{\n {2}resealed: 0,[^}]*cursor: undefined\n\}\n$/u),
  ]);
});

test("the README's hidden ids are listed, and stored as hashes", async () => {
  const program = programs.find((each) => each.includes("withHiddenIds(")) ?? "";
  expect((await run([program])).outputs).toEqual(["alice@example.com 43\n"]);
});

test("the README's key services can be created without a request", async () => {
  const services = programs.filter((program) => program.includes("envelopeKeys"));
  expect(services.length).toBe(2);
  expect((await run(services)).outputs).toEqual(["", ""]);
});

test("the README documents the defaults of `envelopeKeys`", () => {
  const { maxAgeMs, cacheMs, cacheSize, timeoutMs } = resolveEnvelopeOptions({});
  const documented = Object.fromEntries(
    [...readme.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gmu)].map(([, name, value = ""]) => [
      name,
      Number(value.replaceAll(",", "")),
    ]),
  );
  expect(documented).toEqual({ maxAgeMs, cacheMs, cacheSize, timeoutMs });
});
