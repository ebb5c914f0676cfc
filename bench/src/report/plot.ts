export interface Series {
  readonly name: string;
  /** The index of its colour. Series with the same colour should differ in dashes. */
  readonly colour: number;
  readonly dashed: boolean;
  /** Whether its line is wider and above the others. */
  readonly strong: boolean;
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
/** The width on pages that have room for it, in pixels. */
const SHOWN_WIDTH = 600;
const AREA = { left: 62, right: 456, top: 40, bottom: 300 };
const KEY = { top: 352, row: 20, columns: 2, columnWidth: 222 };
// Distinguishable with colour vision deficiency. The contrast is at least 3, with white and with the dark background.
const LIGHT = [
  "#005f9e",
  "#2f8fd0",
  "#d55e00",
  "#00855f",
  "#b85c93",
  "#b07400",
  "#777",
  "#8c564b",
  "#6a3d9a",
];
const DARK = [
  "#4b9bff",
  "#8fd3ff",
  "#ff7f3f",
  "#2fc79a",
  "#e39cc6",
  "#f0b429",
  "#b0b0b0",
  "#c98a7d",
  "#b794f4",
];
const STYLE = `<style>.b{fill:#fff}.t{fill:#222}.g{stroke:#ddd}${coloursOf(LIGHT)}
@media (prefers-color-scheme:dark){.b{fill:#0d1117}.t{fill:#e6edf3}.g{stroke:#30363d}${coloursOf(DARK)}}</style>`;

/** Returns a class for each colour, because attributes cannot depend on the colour scheme. */
function coloursOf(colours: readonly string[]): string {
  return colours.map((colour, index) => `.c${index}{stroke:${colour};fill:${colour}}`).join("");
}

/** Draws a line chart with logarithmic axes, on which proportional growth is a straight line of slope one. */
export function plotSvg({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap(({ points: own }) => own);
  const x = axis(
    points.map(([value]) => value),
    AREA.left,
    AREA.right,
  );
  const times = atLeastADecade(points.map(([, value]) => value));
  const y = axis(times, AREA.bottom, AREA.top);
  const middle = (AREA.top + AREA.bottom) / 2;
  const height = KEY.top + Math.ceil(series.length / KEY.columns) * KEY.row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SHOWN_WIDTH}" height="${round((height * SHOWN_WIDTH) / WIDTH)}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    STYLE,
    `<rect class="b" width="${WIDTH}" height="${height}"/>`,
    text(AREA.left - 50, 22, title, ' font-size="15"'),
    ...ticksOf(points.map(([value]) => value)).map((tick) => verticalLine(x(tick), tick)),
    ...ticksOf(times).map((tick) => horizontalLine(y(tick), tick)),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 36, xLabel, CENTRED),
    text(14, middle, yLabel, `${CENTRED} transform="rotate(-90 14 ${middle})"`),
    ...series
      .toSorted((left, right) => Number(left.strong) - Number(right.strong))
      .map((one) => drawn(one, x, y)),
    ...series.map(keyOf),
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

/** Widens a range, so that small differences do not look large. */
function atLeastADecade(values: readonly number[]): readonly [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const widening = Math.max(1, Math.sqrt((10 * low) / high));
  return [low / widening, high * widening];
}

/** Returns the powers of ten among the values, with their doubles and fives if there are fewer than three. */
function ticksOf(values: readonly number[]): readonly number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => first + index);
  const within = (factors: readonly number[]): readonly number[] =>
    // From decimals, because `10 ** -1 * 2` is not exactly `0.2`.
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((tick) => tick >= low && tick <= high);
  return within([1]).length < 3 ? within([1, 2, 5]) : within([1]);
}

function verticalLine(x: number, tick: number): string {
  return `${line(x, AREA.top, x, AREA.bottom)}${text(x, AREA.bottom + 17, tick.toLocaleString("en-US"), CENTRED)}`;
}

function horizontalLine(y: number, tick: number): string {
  return `${line(AREA.left, y, AREA.right, y)}${text(AREA.left - 6, y + 4, tick.toLocaleString("en-US"), ' text-anchor="end"')}`;
}

function drawn({ points, colour, dashed, strong }: Series, x: Scale, y: Scale): string {
  const path = points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
  const dots = points.map(
    ([at, value]) => `<circle class="c${colour}" cx="${x(at)}" cy="${y(value)}" r="${strong ? 3.5 : 3}"/>`,
  );
  const width = strong ? 3.5 : 2;
  const stroke = `<polyline class="c${colour}" points="${path}" style="fill:none" stroke-width="${width}"${dashes(dashed)}/>`;
  return `${stroke}${dots.join("")}`;
}

function keyOf({ name, colour, dashed, strong }: Series, index: number): string {
  const left = 12 + (index % KEY.columns) * KEY.columnWidth;
  const row = KEY.top + Math.floor(index / KEY.columns) * KEY.row;
  const stroke = `<path class="c${colour}" d="M${left} ${row}h20" stroke-width="${strong ? 4 : 3}"${dashes(dashed)}/>`;
  return `${stroke}${text(left + 28, row + 5, name, "")}`;
}

function dashes(dashed: boolean): string {
  return dashed ? ' stroke-dasharray="6 4"' : "";
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
