import { expect, it } from "vitest";
import { plotSvg, type Series } from "./plot.ts";

function series(name: string, values: readonly number[], changes: Partial<Series> = {}): Series {
  const points = values.map((value, index) => [10 ** (index + 1), value] as const);
  return { name, colour: 0, dashed: false, strong: false, points, ...changes };
}

function draw(...drawn: readonly Series[]): string {
  return plotSvg({ title: "Title", xLabel: "turns", yLabel: "ms", series: drawn });
}

function labelsOfY(svg: string): readonly string[] {
  return svg.match(/(?<=text-anchor="end">)[\d.,]+/gu) ?? [];
}

it("the vertical axis has the powers of ten, and their doubles and fives if these are few", () => {
  expect(labelsOfY(draw(series("a", [0.08, 3, 120])))).toEqual(["0.1", "1", "10", "100"]);
  expect(labelsOfY(draw(series("a", [0.15, 3])))).toEqual(["0.2", "0.5", "1", "2"]);
});

it("the vertical axis spans a decade, so that small differences do not look large", () => {
  const svg = draw(series("a", [4.7, 10.7]));
  expect(labelsOfY(svg)).toEqual(["5", "10", "20"]);
  const [first = 0, second = 0] = [...svg.matchAll(/cy="([\d.]+)"/gu)].map(([, y]) => Number(y));
  // The plot is 260 high.
  expect(first - second).toBeCloseTo(260 * Math.log10(10.7 / 4.7), 0);
  expect(labelsOfY(draw(series("a", [3, 3])))).toEqual(["1", "2", "5"]);
});

it("colours have a variant for the dark, and every line is in the key", () => {
  const svg = draw(
    series("ours", [1, 2], { strong: true }),
    series("peer", [2, 3], { colour: 8, dashed: true }),
  );
  const [light, dark] = ["c0", "c8"].map((name) => svg.match(new RegExp(`\\.${name}\\{stroke:[^}]+`, "gu")));
  for (const pair of [light, dark]) {
    expect(pair).toHaveLength(2);
    expect(new Set(pair).size).toBe(2);
  }
  expect(svg.match(/stroke-dasharray/gu)).toHaveLength(2);
  // Lines of our stores are above the others.
  expect(svg.indexOf('<polyline class="c8"')).toBeLessThan(svg.indexOf('<polyline class="c0"'));
  expect(svg).toContain(">ours</text>");
});
