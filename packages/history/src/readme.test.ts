import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, test } from "vitest";
import { resolveOptions } from "./options.ts";
import { withHistory } from "./with-history.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [example = "", job = ""] = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code]) => code ?? "");

test("the README's examples run on the built package", async () => {
  // Within this package, so that its own name resolves.
  const programs = mkdtempSync(join(root, "dist", "readme-"));
  const folder = mkdtempSync(join(tmpdir(), "threadstore-history-"));
  const run = async (code: string): Promise<string[]> => {
    const file = join(programs, "example.ts");
    writeFileSync(file, code);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    return stdout.trim().split("\n");
  };
  try {
    const lines = await run(example);
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^\d+ bytes, current: .*"Elbe"\}\]$/u),
      expect.stringMatching(/^\d+ bytes, replaced: .*"Rhine"\}\]$/u),
    ]);
    expect(lines.join("\n")).toMatch(/forkedFrom: 'talk',\s+forkedFromVersion: /u);
    expect(lines.at(-1)).toBe(
      '[{"name":"messages","start":1,"removed":[{"role":"assistant","content":"Rhine"}],"added":[{"role":"assistant","content":"Elbe"}]}]',
    );
    expect((await run(job)).at(-1)).toBe("0 versions of 0 threads removed");
  } finally {
    rmSync(programs, { recursive: true });
    rmSync(folder, { recursive: true });
  }
});

test("the README documents the defaults", () => {
  const { versions, ageMs, characters } = resolveOptions({}).keep;
  const documented = ["versions", "ageMs", "characters"].map((name) => {
    const [, value = ""] = new RegExp(`\\| \`keep.${name}\` \\| ([\\d,]+) \\|`, "u").exec(readme) ?? [];
    return Number(value.replaceAll(",", ""));
  });
  expect(documented).toEqual([versions, ageMs, characters]);
});

test("the README shows what is stored", async () => {
  const [, sample = ""] = /```json\n(.*)\n```/u.exec(readme) ?? [];
  let time = 1_795_996_800_000;
  const now = (): number => time;
  const inner = memoryStore({ now });
  const store = withHistory(inner, { now });
  const { version } = await store.save("a", { n: ["a"] });
  time += 5000;
  await store.append("a", ["b"]);
  expect((await inner.load("a"))?.json).toBe(sample.replace("J3s_9-xYh2vQm0aZ4kLw1A", version));
});
