import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LONG_RUNNING } from "./longest-first.ts";

const root = join(import.meta.dirname, "..");
const files = globSync("{packages,examples,tooling}/**/*.test.ts", {
  cwd: root,
  exclude: (name) => name.endsWith("node_modules") || name.endsWith("dist"),
});

it.each(LONG_RUNNING)("%s is the name of a test file", (pattern) => {
  expect(files.filter((file) => pattern.test(`/${file}`))).not.toEqual([]);
});
