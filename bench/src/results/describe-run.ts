import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import type { Run } from "./results-file.ts";

/** Describes a run that starts now. */
export function describeRun(): Run {
  const [load = 0] = loadavg();
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    node: process.version,
    machine: `${cpus().length} × ${cpu?.model ?? "unknown CPU"}, ${process.platform}`,
    load: Math.round(load * 10) / 10,
  };
}

/** Returns the commit that is checked out, and whether the code has changed since; `null` without git. */
function commit(): string | null {
  const head = git("rev-parse", "--short=8", "HEAD");
  if (head === undefined) return null;
  const changes = git(
    "status",
    "--porcelain",
    "--untracked-files=no",
    "--",
    "packages",
    "bench/src",
    "bench/peers",
  );
  return changes === "" ? head : `${head} with changes`;
}

function git(...parameters: readonly string[]): string | undefined {
  const cwd = new URL("../../..", import.meta.url);
  const { status, stdout } = spawnSync("git", parameters, { cwd, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
