import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { type Page, REPOSITORY, ROOT } from "./pages.ts";

/** A page as the site shows it, and the images that it needs. */
export interface SitePage {
  readonly markdown: string;
  /** Paths in the repository. On the site, they have the same paths. */
  readonly images: readonly string[];
}

const IMAGE = /\.(?:svg|png)$/u;
const FENCED_CODE = /^ *(?<fence>`{3,})[\s\S]*?^ *\k<fence>/u;
/** As many backticks at its end as at its beginning, within a paragraph. */
const CODE = /(?<!`)(?<ticks>`+)(?!`)(?:(?!\n\s*\n)[\s\S])+?(?<!`)\k<ticks>(?!`)/u;
/** The target of a link, an image or a reference. */
const TARGET = /(?<opening>\]\(|^\[[^\]]+\]: )(?<target>[^)\s]+)/u;
const CODE_OR_TARGET = new RegExp([FENCED_CODE, CODE, TARGET].map(({ source }) => source).join("|"), "gmu");

/**
 * Converts a Markdown file of the repository for the site. Links to other pages lead to their addresses on the site,
 * and all others to the repository.
 */
export function siteMarkdown(source: string, text: string, pages: readonly Page[]): SitePage {
  const images: string[] = [];
  const converted = text
    .replaceAll(/^<!-- code: .* -->\n/gmu, "")
    .replaceAll(CODE_OR_TARGET, (match: string, ...rest: unknown[]) => {
      const { ticks, opening, target } = rest.at(-1) as Partial<Record<string, string>>;
      // VitePress does not recognize code that continues on the next line.
      if (ticks !== undefined) return match.replaceAll(/\n\s*/gu, " ");
      if (opening === undefined || target === undefined) return match;
      return `${opening}${siteTarget(source, target, pages, images)}`;
    });
  return { markdown: converted, images };
}

function siteTarget(source: string, target: string, pages: readonly Page[], images: string[]): string {
  const [path = "", fragment] = target.split("#", 2);
  const hash = fragment === undefined ? "" : `#${fragment}`;
  const file = fileOf(source, path);
  if (file === undefined || path === "") return target;
  if (IMAGE.test(file)) {
    images.push(file);
    return `/${file}`;
  }
  const page = pages.find((each) => each.source === file || each.source === posix.join(file, "README.md"));
  if (page !== undefined) return `/${page.path}${hash}`;
  if (file === "docs/decisions") return "/decisions/";
  const absolute = join(ROOT, file);
  if (!existsSync(absolute)) throw new Error(`${source} links to ${target}, which does not exist.`);
  return `${REPOSITORY}/${statSync(absolute).isDirectory() ? "tree" : "blob"}/main/${file}${hash}`;
}

/** Returns the file of the repository to which a link leads, if it does. */
function fileOf(source: string, path: string): string | undefined {
  const inRepository = new RegExp(`^${REPOSITORY}/(?:blob|tree)/main/(.+)$`, "u").exec(path);
  if (inRepository !== null) return inRepository[1];
  if (/^[a-z]+:/u.test(path)) return undefined;
  return posix.join(posix.dirname(source), path).replace(/\/$/u, "");
}
