import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("the package exports at most 50 names, which are all that an application needs", async () => {
  const source = await readFile(new URL("index.ts", import.meta.url), "utf8");
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gmu)].map(([, names = ""]) => names);
  const names = lists.flatMap((list) => list.split(",")).filter((name) => name.trim() !== "");
  expect(lists).toHaveLength(source.match(/^export/gmu)?.length ?? 0);
  expect(names.length).toBeLessThanOrEqual(50);
});
