import type {
  AppendOperation,
  LoadOperation,
  Operation,
  SaveOperation,
  TouchOperation,
} from "./operation.ts";

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
  if (type === "load") return `load: ${outcome === "unknown" ? "unknown" : describeFound(operation.found)}`;
  if (type === "delete") {
    const which = operation.previous === undefined ? "" : ` of ${shorten(operation.previous)}`;
    return `delete${which}: ${outcome === "done" ? String(operation.deleted) : outcome}`;
  }
  const version = operation.version === undefined ? "" : ` ${shorten(operation.version)}`;
  return `${type} ${operation.write} ${conditionOf(operation)}: ${resultOf(operation)}${version}`;
}

/** More writes of a thread would be hard to read. */
const MAX_WRITES = 5;

function describeFound(found: LoadOperation["found"]): string {
  if (found === undefined || found === null) return "nothing";
  const { write, content = [write] } = found;
  if (content.length === 1 && content[0] === write) return write;
  const shown = content.slice(-MAX_WRITES);
  return `${write} [${shown.length < content.length ? ".. " : ""}${shown.join(" ")}]`;
}

function resultOf(operation: SaveOperation | AppendOperation | TouchOperation): string {
  return operation.type === "touch" && operation.touched === false ? "no thread" : operation.outcome;
}

function conditionOf(operation: SaveOperation | AppendOperation | TouchOperation): string {
  if (operation.type === "save") return preconditionOf(operation.previous);
  if (operation.previous !== undefined) return `on ${shorten(operation.previous)}`;
  return operation.type === "append" && operation.creates === true ? "or create" : "on any version";
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
