import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const bin = fileURLToPath(
  new URL("bin/threadstore-conformance.js", import.meta.resolve("@threadstore/conformance/package.json")),
);

it.each(["memory", "file-system", "sqlite"])("%s can be run on the command line", async (name) => {
  const parameters = ["--case", "E1-1,C4-1,C5-2", "--effort", "quick"];
  const child = spawn(process.execPath, [bin, `${name}.ts`, ...parameters], { cwd: import.meta.dirname });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
  expect(output).toContain(name);
  expect(exitCode, output).toBe(0);
});
