import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { claudeSessionStore } from "@threadstore/claude-agent-sdk";
import { expect, it } from "vitest";
import { temporaryFolder } from "../cli/cli.test-helper.ts";
import { put, withStore } from "./formats.test-helper.ts";

const BIN = join(import.meta.dirname, "../../bin/threadstore.js");
const ENTRIES = 3000;
const ENTRY_BYTES = 10_000;
const MAX_HEAP_MB = 40;
const folder = temporaryFolder();

it("imports a session of 30 MB and reports a line of 70 MB, in a heap of 40 MB", async () => {
  const path = join(folder(), "projects/-app/large.jsonl");
  await put(path, "");
  const file = await open(path, "a");
  for (let index = 0; index < ENTRIES; index += 1) {
    const message = { role: "user", content: "x".repeat(ENTRY_BYTES) };
    await file.write(`${JSON.stringify({ type: "user", uuid: `entry-${index}`, message })}\n`);
  }
  for (let index = 0; index < 7; index += 1) await file.write("y".repeat(10_000_000));
  await file.write(`\n${JSON.stringify({ type: "user", uuid: "last" })}\n`);
  await file.close();
  const command = [
    "import",
    "projects",
    "sqlite:large.db#synchronous=normal",
    "--format",
    "claude",
    "--json",
  ];
  const parameters = [`--max-old-space-size=${MAX_HEAP_MB}`, BIN, ...command];
  const failure: unknown = await promisify(execFile)(process.execPath, parameters, { cwd: folder() }).catch(
    (error: unknown) => error,
  );
  const { code, stdout } = failure as { readonly code: number; readonly stdout: string };
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    moved: 1,
    firstProblems: [
      { place: path, line: ENTRIES + 1, message: expect.stringContaining("is longer than") as string },
    ],
  });
  await withStore(join(folder(), "large.db"), async (store) => {
    const entries = await claudeSessionStore({ store }).load({ projectKey: "-app", sessionId: "large" });
    expect([entries?.length, entries?.at(-1)?.uuid]).toEqual([ENTRIES + 1, "last"]);
  });
});
