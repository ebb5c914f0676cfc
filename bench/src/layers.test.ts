import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSystemStore } from "@threadstore/file-system";
import { sqliteStore } from "@threadstore/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { CONVERSATIONS, conversation } from "./layers/corpus.ts";
import { LAYERS } from "./layers/layers.ts";
import { bytesWritten, measureLayers, type OpenStore } from "./layers/measure.ts";

const folder = mkdtempSync(join(tmpdir(), "threadstore-layers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STORES: readonly (readonly [name: string, open: OpenStore])[] = [
  ["SQLite", (location) => sqliteStore({ path: join(folder, `${location}.db`), synchronous: "normal" })],
  ["files", (location) => fileSystemStore({ folder: join(folder, location) })],
];

/** The bytes that a conversation may write with layers, as a part of those without. They are exact on any machine. */
const LIMIT = 1.3;

describe.runIf(process.platform === "linux").each(STORES)("a conversation in %s", (name, open) => {
  it("writes at most 1.3 times as much with any layers as without", async () => {
    const turns = conversation("tools", 60);
    const costs = await measureLayers((location) => open(`${name}-${location}`), LAYERS, turns, 1);
    const [alone] = costs.get("none") ?? [];
    if (alone === undefined) throw new Error("The store alone was measured.");
    const ratios = [...costs].flatMap(([layers, [measured = alone]]) =>
      (["saves", "appends"] as const).map((kind): [string, number] => {
        return [`${layers}, ${kind}`, bytesWritten(measured[kind]) / bytesWritten(alone[kind])];
      }),
    );
    expect(ratios.filter(([, ratio]) => !(ratio <= LIMIT))).toEqual([]);
  });
});

it.each(CONVERSATIONS)(
  "compression stores a conversation of %s in less than half of the space",
  async (kind) => {
    const open: OpenStore = (location) => fileSystemStore({ folder: join(folder, `${kind}-${location}`) });
    const layers = LAYERS.filter(({ name }) => name === "compression");
    const costs = await measureLayers(open, layers, conversation(kind, 60), 1);
    const [measured] = costs.get("compression") ?? [];
    expect(measured?.storedBytes).toBeLessThan(0.5 * (measured?.threadBytes ?? 0));
  },
);
