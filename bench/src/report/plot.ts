import { short } from "./numbers.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

// As wide as a phone needs: pages scale the picture, and its text must remain readable.
const WIDTH = 480;
const AREA = { left: 62, right: 456, top: 40, bottom: 300 };
const KEY = { top: 352, row: 20, columns: 2, columnWidth: 222 };
// Distinguishable with colour vision deficiency, on white and on black.
const COLOURS = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#999999", "#8c564b"];
const STYLE = `<style>.b{fill:#fff}.t{fill:#222}.g{stroke:#ddd}
@media (prefers-color-scheme:dark){.b{fill:#0d1117}.t{fill:#e6edf3}.g{stroke:#30363d}}</style>`;

/** Draws a line chart with logarithmic axes, on which proportional growth is a straight line of slope one. */
export function plotSvg({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap(({ points: own }) => own);
  const x = axis(
    points.map(([value]) => value),
    AREA.left,
    AREA.right,
  );
  const y = axis(
    points.map(([, value]) => value),
    AREA.bottom,
    AREA.top,
  );
  const middle = (AREA.top + AREA.bottom) / 2;
  const height = KEY.top + Math.ceil(series.length / KEY.columns) * KEY.row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    STYLE,
    `<rect class="b" width="${WIDTH}" height="${height}"/>`,
    text(AREA.left - 50, 22, title, ' font-size="15"'),
    ...ticksOf(points.map(([value]) => value)).map((tick) => verticalLine(x(tick), tick)),
    ...ticksOf(points.map(([, value]) => value)).map((tick) => horizontalLine(y(tick), tick)),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 36, xLabel, CENTRED),
    text(14, middle, yLabel, `${CENTRED} transform="rotate(-90 14 ${middle})"`),
    ...series.map((one, index) => drawn(one, index, x, y)),
    "</svg>",
    "",
  ].join("\n");
}

const CENTRED = ' text-anchor="middle"';

type Scale = (value: number) => number;

function axis(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => round(from + ((Math.log(value) - low) / (high - low || 1)) * (to - from));
}

/** Returns the powers of ten among the values, and the values themselves if there are fewer than two of them. */
function ticksOf(values: readonly number[]): readonly number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
  return powers.length < 2 ? [low, high] : powers;
}

function verticalLine(x: number, tick: number): string {
  return `${line(x, AREA.top, x, AREA.bottom)}${text(x, AREA.bottom + 17, tick.toLocaleString("en-US"), CENTRED)}`;
}

function horizontalLine(y: number, tick: number): string {
  return `${line(AREA.left, y, AREA.right, y)}${text(AREA.left - 6, y + 4, short(tick), ' text-anchor="end"')}`;
}

function drawn({ name, points }: Series, index: number, x: Scale, y: Scale): string {
  const colour = COLOURS[index % COLOURS.length] ?? "#000";
  const path = points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
  const dots = points.map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="3" fill="${colour}"/>`);
  // The colours repeat after the eighth, with dashes.
  const dashes = index < COLOURS.length ? "" : ' stroke-dasharray="6 4"';
  const stroke = `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`;
  const left = 12 + (index % KEY.columns) * KEY.columnWidth;
  const row = KEY.top + Math.floor(index / KEY.columns) * KEY.row;
  const key = `<path d="M${left} ${row}h20" stroke="${colour}" stroke-width="3"${dashes}/>`;
  return `${stroke}${dots.join("")}${key}${text(left + 28, row + 5, name, "")}`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="g" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text class="t" x="${x}" y="${y}"${attributes}>${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
