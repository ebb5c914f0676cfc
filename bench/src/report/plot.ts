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

const [width, height] = [720, 420];
const area = { left: 70, right: 520, top: 40, bottom: 370 };
// Distinguishable with colour vision deficiency, on white and on black.
const colours = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#999999", "#8c564b"];

/** Draws a line chart with logarithmic axes, on which proportional growth is a straight line of slope one. */
export function plotSvg({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap(({ points: own }) => own);
  const x = axis(
    points.map(([value]) => value),
    area.left,
    area.right,
  );
  const y = axis(
    points.map(([, value]) => value),
    area.bottom,
    area.top,
  );
  const xTicks = [...new Set(points.map(([value]) => value))];
  const yTicks = powersOfTen(points.map(([, value]) => value));
  const middle = (area.top + area.bottom) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(area.left, 22, title, ' font-size="15"'),
    ...xTicks.map(
      (tick) =>
        `${line(x(tick), area.top, x(tick), area.bottom)}${text(x(tick), area.bottom + 16, String(tick), CENTRED)}`,
    ),
    ...yTicks.map(
      (tick) =>
        `${line(area.left, y(tick), area.right, y(tick))}${text(area.left - 6, y(tick) + 4, short(tick), ' text-anchor="end"')}`,
    ),
    text((area.left + area.right) / 2, height - 12, xLabel, CENTRED),
    text(16, middle, yLabel, `${CENTRED} transform="rotate(-90 16 ${middle})"`),
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

function powersOfTen(values: readonly number[]): readonly number[] {
  const first = Math.ceil(Math.log10(Math.min(...values)));
  const last = Math.floor(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
}

function drawn({ name, points }: Series, index: number, x: Scale, y: Scale): string {
  const colour = colours[index % colours.length] ?? "#000";
  const path = points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
  const dots = points.map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="3" fill="${colour}"/>`);
  const row = area.top + 10 + index * 20;
  const key = `<rect x="${area.right + 16}" y="${row - 9}" width="12" height="10" fill="${colour}"/>`;
  const stroke = `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  return `${stroke}${dots.join("")}${key}${text(area.right + 34, row, name, "")}`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" fill="#222"${attributes}>${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
