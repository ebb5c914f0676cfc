import { expect, it } from "vitest";
import { progressOn } from "./progress.ts";

it.each([
  [0, "100 threads copied"],
  [undefined, "100 threads copied"],
  [12, "100 threads"],
])("shows what fits on a terminal with %s columns", (columns, shown) => {
  const written: string[] = [];
  const progress = progressOn({ isTTY: true, columns, write: (text) => written.push(text) });
  progress.show("100 threads copied");
  progress.stop();
  expect(written).toEqual([`\r\u001b[K${shown}`, "\r\u001b[K"]);
});
