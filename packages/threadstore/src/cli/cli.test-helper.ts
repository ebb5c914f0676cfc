import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Terminal } from "../output/terminal.ts";
import { main } from "./main.ts";

/** What a run of the command line printed, and its exit code. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly isTTY?: boolean;
  readonly env?: Terminal["env"];
  readonly signal?: AbortSignal;
}

/** Runs the command line in this process. */
export async function runIn(
  folder: string,
  parameters: readonly string[],
  { isTTY = false, env = {}, signal = new AbortController().signal }: RunOptions = {},
): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): Terminal["stdout"] => ({
    isTTY,
    columns: 80,
    write(text, written) {
      texts[name] += text;
      written();
    },
  });
  const terminal = { stdout: output("stdout"), stderr: output("stderr"), folder, env, signal };
  const exitCode = await main(parameters, terminal);
  return { exitCode, ...texts };
}

/** Creates a folder for the tests of a suite. Returns a function with its path. */
export function temporaryFolder(): () => string {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "threadstore-cli-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}
