import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { landingPage } from "./landing-page.ts";
import { type Page, pages, read, REPOSITORY, ROOT } from "./pages.ts";
import { siteMarkdown } from "./site-markdown.ts";

/** The folder from which VitePress builds. */
export const PAGES: string = join(import.meta.dirname, "../.pages");

/** Writes the Markdown of all pages but the API reference, and copies their images. */
export function generatePages(): void {
  rmSync(PAGES, { recursive: true, force: true });
  const all = pages();
  const images = new Set<string>();
  for (const { source, path } of all) {
    const page = siteMarkdown(source, read(source), all);
    for (const image of page.images) images.add(image);
    write(`${path}.md`, `---\nedit: ${REPOSITORY}/edit/main/${source}\n---\n\n${page.markdown}`);
  }
  write(
    "index.md",
    landingPage((text) => siteMarkdown("README.md", text, all).markdown),
  );
  write("decisions/index.md", decisions(all));
  cpSync(join(import.meta.dirname, "../assets"), join(PAGES, "public"), { recursive: true });
  for (const image of images) cpSync(join(ROOT, image), join(PAGES, "public", image));
}

function decisions(all: readonly Page[]): string {
  const rows = all
    .filter(({ path }) => path.startsWith("decisions/"))
    .map(({ path, title }) => `- [${title}](/${path})`);
  const introduction = `Why ThreadStore is as it is: one record for each decision that a maintainer might question. They are in
[docs/decisions](${REPOSITORY}/tree/main/docs/decisions).`;
  return `# Decisions\n\n${introduction}\n\n${rows.join("\n")}\n`;
}

function write(path: string, text: string): void {
  const file = join(PAGES, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
