import type { Operation } from "./operation.ts";

/** Rows that a person still reads. */
const MAX_ROWS = 16;
const WIDTH = 40;

/** The operations one below the other, in order of their starts, each with its time as a bar; in ASCII. */
export function timeline(operations: readonly Operation[]): string {
  const inOrder = operations.toSorted((a, b) => a.start - b.start);
  const shown = inOrder.slice(-MAX_ROWS);
  const [from, to] = [
    Math.min(...shown.map(({ start }) => start)),
    Math.max(...shown.map(({ start, end }) => end ?? start)),
  ];
  const labels = shown.map((each) => [each.client, describe(each)] as const);
  const widths = [0, 1].map((column) => Math.max(...labels.map((label) => label[column]?.length ?? 0)));
  const rows = shown.map((each, index) => {
    const cells = (labels[index] ?? []).map((text, column) => text.padEnd(widths[column] ?? 0));
    return `  ${cells.join("  ")}  ${bar(each, from, to)}`;
  });
  const left = inOrder.length - shown.length;
  const before = left === 0 ? [] : [`  ... and ${left} before these`];
  return [...before, ...rows, `  (${(to - from).toFixed(3)} ms from left to right)`].join("\n");
}

/** One operation and its answer in few words. */
export function describe(operation: Operation): string {
  const { type, outcome } = operation;
  if (type === "load")
    return `load: ${outcome === "unknown" ? "unknown" : (operation.found?.write ?? "nothing")}`;
  if (type === "delete") {
    const which = operation.previous === undefined ? "" : ` of ${short(operation.previous)}`;
    return `delete${which}: ${outcome === "done" ? String(operation.deleted) : outcome}`;
  }
  const made = operation.version === undefined ? "" : ` ${short(operation.version)}`;
  return `save ${operation.write} ${conditionOf(operation.previous)}: ${outcome}${made}`;
}

function conditionOf(previous: string | null | undefined): string {
  if (previous === undefined) return "over anything";
  return previous === null ? "as new" : `on ${short(previous)}`;
}

/** Enough of a version to tell it from those around it. */
function short(version: string): string {
  return version.length <= 12 ? version : `..${version.slice(-10)}`;
}

function bar({ start, end }: Operation, from: number, to: number): string {
  const at = (moment: number): number => Math.round(((moment - from) / (to - from || 1)) * (WIDTH - 1));
  const [first, last] = [at(start), end === null ? WIDTH - 1 : at(end)];
  const [opening, closing] = ["|", end === null ? ">" : "|"];
  const body = last === first ? opening : `${opening}${"-".repeat(last - first - 1)}${closing}`;
  return `${" ".repeat(first)}${body}`;
}
