import { formatBytes } from "../output/format.ts";
import type { BenchResult } from "./bench-store.ts";
import type { Row } from "./measure.ts";

/** More noise than this hides most differences. */
const BUSY = 0.3;

/** Returns sentences that explain the numbers. */
export function sentencesOf(result: BenchResult): string[] {
  const saves = result.rows.filter(({ operation }) => operation === "save");
  return [...speed(saves), ...scaling(saves), writers(result), noise(result)];
}

function speed(saves: readonly Row[]): string[] {
  const [small] = saves;
  const big = saves.find(({ bytes, concurrency }) => bytes !== small?.bytes && concurrency === 1);
  if (small === undefined || big === undefined) return [];
  const slow = small.p95Ms === null ? "" : `, and 1 in 20 takes more than ${milliseconds(small.p95Ms)}`;
  return [
    `A save of ${sizeOf(small)} takes ${milliseconds(small.p50Ms)}${slow}. ` +
      `One of ${sizeOf(big)} takes ${times(big.p50Ms / small.p50Ms)} as long.`,
  ];
}

function scaling(saves: readonly Row[]): string[] {
  const [one] = saves;
  const many = saves.find(({ bytes, concurrency }) => bytes === one?.bytes && concurrency > 1);
  if (one === undefined || many === undefined) return [];
  const ratio = many.perSecond / one.perSecond;
  const what = `${many.concurrency} clients of this process`;
  return [
    ratio < 1.2
      ? `${what} do not save more per second than one: the backend, or this process, does one save at a time.`
      : `${what} save ${times(ratio)} as much per second as one.`,
  ];
}

function writers({ conflicts: { attempts, conflicts, lost }, rows }: BenchResult): string {
  if (lost > 0) {
    return `Do not use this backend: of the updates of one thread, ${lost} were lost. Examine it with \`doctor\`.`;
  }
  const { concurrency } = rows.at(-1) ?? { concurrency: 0 };
  const part = attempts === 0 ? 0 : Math.round((conflicts / attempts) * 100);
  return `${concurrency} writers of one thread repeated ${part} % of their saves after a conflict, and no update was lost.`;
}

function noise({ control: { spread } }: BenchResult): string {
  const part = `${Math.round(spread * 100)} %`;
  const meaning =
    spread > BUSY
      ? "This machine or the backend was busy, so measure again."
      : "Differences that are not larger mean nothing.";
  return `The control, the same load in each round, varied by ${part} between rounds. ${meaning}`;
}

function sizeOf({ bytes }: Row): string {
  return formatBytes(bytes ?? 0).replace(".0", "");
}

/** Returns milliseconds with three digits. */
export function milliseconds(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(1)} times`;
}
