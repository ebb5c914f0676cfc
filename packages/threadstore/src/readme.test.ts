import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it } from "vitest";
import { openStore } from "./index.ts";
import {
  VIEWER_PROBLEMS,
  ViewerProblem,
  type ViewerProblemCode,
  viewerProblemResponse,
} from "./viewer/viewer-problem.ts";

const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");

it("the code of the README opens a store by its URL", async () => {
  const code = /```ts\n(.*?)```/su.exec(readme)?.[1] ?? "";
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  const path = join(folder, "threads.db");
  const saved = sqliteStore({ path });
  await saved.save("pirate", {});
  await saved.close();
  const program = code
    .replace('import { openStore } from "threadstore";', "")
    .replace("sqlite:threads.db", `sqlite:${path}`);
  const file = join(folder, "program.mjs");
  await writeFile(file, `export async function run(openStore, console) {${program}}`);
  const { run } = (await import(file)) as {
    run: (open: typeof openStore, console: { log: (...values: unknown[]) => void }) => Promise<void>;
  };
  const printed: unknown[] = [];
  await run(openStore, { log: (...values) => void printed.push(values) });
  expect(printed).toEqual([[`sqlite:${path}`, "pirate"]]);
  await rm(folder, { recursive: true });
});

it.each(Object.keys(VIEWER_PROBLEMS) as ViewerProblemCode[])(
  "the `type` of a problem %s leads to its row",
  async (code) => {
    const response = viewerProblemResponse(new ViewerProblem(code, "x"));
    const { type, status } = (await response.json()) as { type: string; status: number };
    const [page, anchor = ""] = type.split("#");
    expect(page?.endsWith("/packages/threadstore/README.md")).toBe(true);
    expect(readme.split("\n").filter((line) => line.includes(`<a id="${anchor}"></a>`))).toEqual([
      expect.stringMatching(`^\\| <a id="${code}"></a>\`${code}\` \\| ${status} \\| `),
    ]);
  },
);
