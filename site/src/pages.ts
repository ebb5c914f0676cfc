import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository. All paths of sources are relative to it. */
export const ROOT: string = join(import.meta.dirname, "../..");
export const REPOSITORY = "https://github.com/threadstore/threadstore";

/** A Markdown file of the repository, and its address on the site, without base and extension. */
export interface Page {
  readonly source: string;
  readonly path: string;
  readonly title: string;
}

/** Files that are not named as their pages are. */
const PATHS: Readonly<Record<string, string>> = {
  "README.md": "introduction",
  "docs/README.md": "documentation",
  "CONTRIBUTING.md": "contributing",
  "bench/README.md": "benchmark",
  "bench/RESULTS.md": "performance",
};

/** Returns all pages that are written by hand. */
export function pages(): Page[] {
  const sources = globSync(
    ["README.md", "CONTRIBUTING.md", "bench/*.md", "docs/**/*.md", "packages/*/README.md"],
    { cwd: ROOT },
  );
  return sources.toSorted().map((source) => ({ source, path: pathOf(source), title: titleOf(source) }));
}

function pathOf(source: string): string {
  return PATHS[source] ?? source.replace(/^docs\//u, "").replace(/(?:\/README)?\.md$/u, "");
}

function titleOf(source: string): string {
  const [, title = source] = /^# (.+)$/mu.exec(read(source)) ?? [];
  return title;
}

export function read(source: string): string {
  return readFileSync(join(ROOT, source), "utf8");
}
