import { readFileSync } from "node:fs";

/** `/proc` reports CPU times in hundredths of a second. */
const MS_PER_TICK = 10;

/** Returns the CPU time a process has used so far, in milliseconds; `undefined` if it ended, or not on Linux. */
export function cpuTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, which may contain spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [userTicks = 0, systemTicks = 0] = fields.slice(11, 13).map(Number);
    return (userTicks + systemTicks) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
