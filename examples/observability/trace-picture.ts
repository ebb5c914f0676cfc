import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";

const WIDTH = 520;
const ROW = 30;
const NAMES = 182;
const CHART = WIDTH - NAMES - 130;

/** Draws the spans of one trace as an SVG: a row for each, with the request first. Legible on light and dark pages. */
export function drawTrace(spans: readonly ReadableSpan[]): string {
  // The request starts in the same moment as its first call, and has no parent.
  const rank = (span: ReadableSpan): number => (span.parentSpanContext === undefined ? 0 : startOf(span));
  const rows = spans.toSorted((one, other) => rank(one) - rank(other));
  const origin = Math.min(...rows.map(startOf));
  const total = Math.max(...rows.map((span) => startOf(span) + durationOf(span))) - origin;
  const height = rows.length * ROW + 24;
  const bars = rows.map((span, index) => drawRow(span, index, (startOf(span) - origin) / total, total));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="14" role="img">`,
    `<title>A trace of one request with ${rows.length - 1} calls</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="10" fill="#f7f8fb" stroke="#c9cedb"/>`,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function drawRow(span: ReadableSpan, index: number, offset: number, total: number): string {
  const y = 12 + index * ROW;
  const x = NAMES + offset * CHART;
  const width = Math.max(3, (durationOf(span) / total) * CHART);
  const milliseconds = durationOf(span);
  const time = `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  const requests = span.attributes["threadstore.requests"];
  const details = requests === undefined ? time : `${time} · ${String(requests)} req.`;
  const indent = index === 0 ? 14 : 28;
  return [
    index % 2 === 0 ? "" : `<rect x="1" y="${y}" width="${WIDTH - 2}" height="${ROW}" fill="#eceff6"/>`,
    `<text x="${indent}" y="${y + 20}" fill="#1f2430"${index === 0 ? ' font-weight="600"' : ""}>${span.name}</text>`,
    `<rect x="${x.toFixed(1)}" y="${y + 7}" width="${width.toFixed(1)}" height="16" rx="3" fill="${colorOf(span)}"/>`,
    `<text x="${WIDTH - 14}" y="${y + 20}" fill="#464d5e" text-anchor="end">${details}</text>`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function colorOf({ name }: ReadableSpan): string {
  if (name.startsWith("threadstore")) return "#3451b2";
  if (name.startsWith("chat")) return "#b8571b";
  return name.startsWith("tool") ? "#18794e" : "#6b7385";
}

const startOf = ({ startTime: [seconds, nanoseconds] }: ReadableSpan): number =>
  seconds * 1000 + nanoseconds / 1e6;
const durationOf = ({ duration: [seconds, nanoseconds] }: ReadableSpan): number =>
  seconds * 1000 + nanoseconds / 1e6;
