import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { memoryStore } from "@threadstore/core";
import { viewerHandler } from "threadstore/viewer";
import { beforeAll, expect, it } from "vitest";

const PACKAGE = join(import.meta.dirname, "../..");
/** Code and styles, compressed. The fonts are compressed already, and have another 89 KB. */
const MOST_BYTES = 300_000;

let files: string[];

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, "../build.ts")]);
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: PACKAGE,
    maxBuffer: 10_000_000,
  });
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
  files = packed?.files.map(({ path }) => path).filter((path) => path.startsWith("dist/page/")) ?? [];
});

it("the package contains the page, with the licenses of its parts", () => {
  expect(files).toEqual(expect.arrayContaining(["dist/page/index.html", "dist/page/licenses.md"]));
  expect(files.filter((file) => file.endsWith(".woff2"))).toHaveLength(2);
});

it("the viewer serves each file with its type, and the licenses as text", async () => {
  const viewer = viewerHandler({ authorize: () => memoryStore() });
  const types = new Map<string, string | null>();
  for (const file of files) {
    const name = file.slice("dist/page/".length);
    const response = await viewer(new Request(`http://localhost/${name}`));
    expect(response.status, name).toBe(200);
    types.set(name, response.headers.get("content-type"));
  }
  expect([...types].filter(([, type]) => type === "application/octet-stream")).toEqual([]);
  expect(types.get("licenses.md")).toBe("text/plain; charset=utf-8");
});

it("the page has no inline script or style, and refers to its own files only", async () => {
  const html = await readFile(join(PACKAGE, "dist/page/index.html"), "utf8");
  expect(html).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=|style=/iu);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, address]) => address);
  expect(addresses.length).toBeGreaterThan(2);
  expect(addresses.filter((address) => !address?.startsWith("./assets/"))).toEqual([]);
});

it(`the page has at most ${MOST_BYTES} bytes of code, compressed`, async () => {
  const code = files.filter((file) => /\.(?:css|js)$/u.test(file));
  const sizes = await Promise.all(
    code.map(async (file) => gzipSync(await readFile(join(PACKAGE, file))).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(100_000);
  expect(total).toBeLessThan(MOST_BYTES);
});
