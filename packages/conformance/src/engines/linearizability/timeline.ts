import type { Operation } from "./operation.ts";

/** More rows would be hard to read. */
const MAX_ROWS = 16;
const WIDTH = 40;

/** Renders operations in ASCII, one per row in the order of their starts, each with a bar that shows its time. */
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
  const omitted = inOrder.length - shown.length;
  const before = omitted === 0 ? [] : [`  ... and ${omitted} before these`];
  return [...before, ...rows, `  (${(to - from).toFixed(3)} ms from left to right)`].join("\n");
}

/** Describes an operation and its response briefly. */
export function describe(operation: Operation): string {
  const { type, outcome } = operation;
  if (type === "load")
    return `load: ${outcome === "unknown" ? "unknown" : (operation.found?.write ?? "nothing")}`;
  if (type === "delete") {
    const which = operation.previous === undefined ? "" : ` of ${shorten(operation.previous)}`;
    return `delete${which}: ${outcome === "done" ? String(operation.deleted) : outcome}`;
  }
  const version = operation.version === undefined ? "" : ` ${shorten(operation.version)}`;
  return `save ${operation.write} ${preconditionOf(operation.previous)}: ${outcome}${version}`;
}

function preconditionOf(previous: string | null | undefined): string {
  if (previous === undefined) return "unconditionally";
  return previous === null ? "as new" : `on ${shorten(previous)}`;
}

/** Shortens a version to its end, which distinguishes it from the others in a timeline. */
function shorten(version: string): string {
  return version.length <= 12 ? version : `..${version.slice(-10)}`;
}

function bar({ start, end }: Operation, from: number, to: number): string {
  const column = (moment: number): number => Math.round(((moment - from) / (to - from || 1)) * (WIDTH - 1));
  const [first, last] = [column(start), end === null ? WIDTH - 1 : column(end)];
  const [opening, closing] = ["|", end === null ? ">" : "|"];
  const body = last === first ? opening : `${opening}${"-".repeat(last - first - 1)}${closing}`;
  return `${" ".repeat(first)}${body}`;
}
