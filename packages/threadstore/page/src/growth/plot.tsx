import { type ReactNode, useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatBytes } from "../shared/format.ts";
import type { Series } from "./series.ts";

const HEIGHT = 300;
const LINE_WIDTH = 2;

interface PlotProperties {
  readonly series: Series;
  readonly label: string;
}

/** Plots the size and, if it is known, the number of turns. */
export function Plot({ series, label }: PlotProperties): ReactNode {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    let plot = draw(element, series);
    const redraw = () => {
      plot.destroy();
      plot = draw(element, series);
    };
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    // A canvas does not follow the theme.
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", redraw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener("change", redraw);
      plot.destroy();
    };
  }, [series]);
  return <div className="plot" ref={container} role="img" aria-label={label} />;
}

function draw(element: HTMLElement, { x, size, turns, isTime }: Series): UPlot {
  const colour = colours(element);
  const hasTurns = turns.some((turn) => turn !== null);
  const axis = {
    stroke: colour.text,
    grid: { stroke: colour.grid, width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  const options: UPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT,
    scales: { x: { time: isTime }, size: { range: fromZero }, turns: { range: fromZero } },
    axes: [
      { ...axis, grid: { show: false }, ...(isTime ? { values: TIMES } : {}) },
      { ...axis, scale: "size", size: 72, values: (_, values) => values.map(formatBytes) },
      ...(hasTurns ? [{ ...axis, scale: "turns", side: RIGHT, grid: { show: false }, incrs: WHOLE }] : []),
    ],
    series: [
      isTime ? { label: "Time", value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}" } : { label: "Message" },
      {
        label: "Size",
        scale: "size",
        stroke: colour.size,
        ...STEPS,
        fill: colour.fill,
        width: LINE_WIDTH,
        value: (_, value) => (value === null ? "--" : formatBytes(value)),
      },
      ...(hasTurns
        ? [{ label: "Turns", scale: "turns", stroke: colour.turns, ...STEPS, width: LINE_WIDTH }]
        : []),
    ],
  };
  const data = [x, size, ...(hasTurns ? [turns] : [])].map((values) => [
    ...values,
  ]) as unknown as UPlot.AlignedData;
  return new UPlot(options, data, element);
}

const STEPPED = UPlot.paths.stepped?.({ align: 1 });
// The enumeration exists only in the types, not in the code of the library.
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const RIGHT: UPlot.Axis.Side = 1;
/** A thread keeps its size until the next message. */
const STEPS = { ...(STEPPED === undefined ? {} : { paths: STEPPED }), points: { show: false } } as const;

const FONT = '12px "Inter Variable", sans-serif';
/** Clock times with 24 hours. Each row: the step in seconds, the label, and the label where the day begins. */
const TIMES: UPlot.Axis.Values = [
  [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [0.001, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];

/** Turns have no fractions. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

function fromZero(_: UPlot, _least: number | null, most: number | null): UPlot.Range.MinMax {
  return [0, Math.max(1, (most ?? 0) * 1.08)];
}

function colours(element: HTMLElement) {
  const styles = getComputedStyle(element);
  const read = (name: string) => {
    // Resolves `light-dark()`, which a canvas does not understand.
    const sample = document.createElement("span");
    sample.style.color = `var(${name})`;
    element.append(sample);
    const { color } = getComputedStyle(sample);
    sample.remove();
    return color === "" ? styles.color : color;
  };
  return {
    text: read("--text-2"),
    grid: read("--line"),
    size: read("--accent"),
    fill: read("--accent-soft"),
    turns: read("--success"),
  };
}
