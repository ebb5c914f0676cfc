import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process was started, as a word for file names; `undefined` if it has ended. Process ids are given out again:
 * only the id and the start together name one process.
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
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended: only its parent has not looked yet.
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function startFromPs(pid: number): string {
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).replace(/\W/gu, "");
}

function isGone(error: unknown): boolean {
  const { code, status } = error as { code?: string; status?: number };
  return code === "ENOENT" || code === "ESRCH" || status === 1;
}
