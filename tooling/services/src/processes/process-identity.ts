import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Returns when a process was started, in a form for file names, or `undefined` if it has ended. The system reuses process
 * ids, so only the id and the start together identify a process.
 */
export function processStart(pid: number): string | undefined {
  try {
    return process.platform === "linux" ? startFromProc(pid) : startFromPs(pid);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function startFromProc(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses, which may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended, and only its exit code is left for its parent to read.
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function startFromPs(pid: number): string {
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).replace(/\W/gu, "");
}

function isGone(error: unknown): boolean {
  const { code, status } = error as { code?: string; status?: number };
  return code === "ENOENT" || code === "ESRCH" || status === 1;
}
