import type { Simulation } from "./simulate.ts";

const WIDTH = 720;
const BAR_MAX = 480;
const ROW = 26;
const TOP = 64;

/** Draws the saves of each of 8 stores, by their hash and with pins and weights, as SVG. */
export function drawStores({ hashed, pinned }: Simulation): string {
  const [byHash, byPins] = [hashed[1], pinned[1]];
  if (byHash === undefined || byPins === undefined) throw new Error("8 stores are simulated.");
  const max = Math.max(...byHash.shards.map(({ savesPerSecond }) => savesPerSecond));
  const height = TOP + byHash.shards.length * 2 * ROW + 16;
  const rows = byHash.shards.flatMap(({ name, savesPerSecond, largest }, index) => {
    const y = TOP + index * 2 * ROW;
    const withPins = byPins.shards[index]?.savesPerSecond ?? 0;
    return [
      `<text x="84" y="${y + 20}" text-anchor="end">${name}</text>`,
      bar(y, savesPerSecond, max, "#7a8ba6"),
      bar(y, largest, max, "#c2553a", 0),
      bar(y + 18, withPins, max, "#3a7d6b"),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#333">`,
    "<title>Saves per second of 8 stores</title>",
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    '<text x="16" y="22" font-size="15">Saves per second of 8 stores, 100,000 in total, tenants of unequal size</text>',
    legend(16, "#7a8ba6", "by hash"),
    legend(116, "#c2553a", "its largest tenant"),
    legend(276, "#3a7d6b", "with the 32 largest tenants pinned, and weights"),
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function bar(y: number, value: number, max: number, color: string, labelled = 1): string {
  const width = Math.round((BAR_MAX * value) / max);
  const rect = `<rect x="92" y="${y}" width="${width}" height="16" fill="${color}"/>`;
  if (labelled === 0) return rect;
  return `${rect}<text x="${100 + width}" y="${y + 13}">${Math.round(value).toLocaleString("en-US")}</text>`;
}

function legend(x: number, color: string, text: string): string {
  return `<rect x="${x}" y="34" width="12" height="12" fill="${color}"/><text x="${x + 18}" y="45">${text}</text>`;
}
