// The command line output in docs/writing-an-adapter.md matches the real output.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, it } from "vitest";

const bin = fileURLToPath(
  new URL("bin/threadstore-conformance.js", import.meta.resolve("@threadstore/conformance/package.json")),
);
const document = join(import.meta.dirname, "../../docs/writing-an-adapter.md");

/** Returns the lines of a run shown in the document that are the same in every run. */
async function steadyLines(start: RegExp): Promise<string[]> {
  const markdown = await readFile(document, "utf8");
  const blocks = [...markdown.matchAll(/^```\w*\n(.*?)^```$/gmsu)].map(([, block = ""]) => block);
  const sample = blocks.find((block) => start.test(block));
  if (sample === undefined) throw new Error("The document does not show such a run.");
  const steady = /^(?:failed| {2}Reproduce:|Broken clauses:|The store|Every)/u;
  return sample.split("\n").filter((line) => steady.test(line));
}

await describeWithService("mariadb", "the walk-through", ({ url }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-walk-through-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function conformance(...parameters: string[]): Promise<{ exitCode: unknown; lines: string[] }> {
    const child = spawn(process.execPath, [bin, ...parameters, "--seed=1", "--effort=full"], {
      cwd: import.meta.dirname,
      env: { ...process.env, DATABASE_URL: url, THREADSTORE_CONFORMANCE_HISTORIES: folder },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
    return { exitCode, lines: stdout.split("\n") };
  }

  it("shows the output for a store that checks first and then writes", async () => {
    const { exitCode, lines } = await conformance("./check-then-act.ts", "--case", "C4-2,C5-1");
    expect(exitCode).toBe(1);
    expect(await steadyLines(/^failed {2}C4-2/u)).toHaveLength(6);
    expect(lines).toEqual(expect.arrayContaining(await steadyLines(/^failed {2}C4-2/u)));
    expect(lines.join("\n")).toMatch(
      /Expected: of 16 saves from one version exactly one succeeds\. Actual: \d+ of 16/u,
    );
    // How the history is explained differs between runs.
    expect(lines.join("\n")).toMatch(/are linearizable\. Actual: Thread /u);
  });

  it("shows the output for the adapter", async () => {
    const { exitCode, lines } = await conformance("./harness.ts", "--case", "N3-1,D2-1");
    expect(exitCode).toBe(0);
    expect(await steadyLines(/^passed {9}N3-1/u)).toHaveLength(1);
    expect(lines).toEqual(expect.arrayContaining(await steadyLines(/^passed {9}N3-1/u)));
    expect(lines).toContain("Not exercised. The harness lacks disk. D2-1");
  });
});
