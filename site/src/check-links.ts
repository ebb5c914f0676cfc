import { existsSync, globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { REPOSITORY, ROOT } from "./pages.ts";

const ATTRIBUTE = /\s(?:href|src)="([^"]*)"/gu;

/**
 * Returns the links of a built site that lead nowhere: to a page, a fragment or a file that the site does not have, or
 * to a file that the repository does not have. Each says on which page it is.
 */
export function brokenLinks(folder: string, base = "/"): string[] {
  const files = globSync("**/*.html", { cwd: folder }).filter((file) => file !== "404.html");
  const texts = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  const anchors = new Map([...texts].map(([file, text]) => [file, idsOf(text)]));
  const broken = new Set<string>();
  for (const [page, text] of texts) {
    for (const [, encoded = ""] of text.matchAll(ATTRIBUTE)) {
      const link = encoded.replaceAll("&amp;", "&");
      if (!leadsSomewhere(link, { page, folder, base, anchors })) broken.add(`${page}: ${link}`);
    }
  }
  return [...broken];
}

interface Site {
  readonly page: string;
  readonly folder: string;
  readonly base: string;
  /** The ids of the elements of each page. */
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
}

function leadsSomewhere(link: string, { page, folder, base, anchors }: Site): boolean {
  const inRepository = new RegExp(`^${REPOSITORY}/(?:blob|tree|edit)/main/([^#]+)`, "u").exec(link);
  if (inRepository !== null) {
    const [, file = ""] = inRepository;
    // Exists here, but is not part of the repository.
    return existsSync(join(ROOT, file)) && !file.includes("node_modules");
  }
  if (/^[a-z]+:|^\/\//u.test(link)) return true;
  const [path = "", fragment] = link.split("#", 2);
  const target = path === "" ? page : decodeURIComponent(targetOf(path, page, base));
  const file = [target, `${target}.html`, posix.join(target, "index.html")].find((name) => anchors.has(name));
  if (file === undefined) return existsSync(join(folder, target)) && target.includes(".");
  return (
    fragment === undefined ||
    fragment === "" ||
    (anchors.get(file)?.has(decodeURIComponent(fragment)) ?? false)
  );
}

function targetOf(path: string, page: string, base: string): string {
  if (path.startsWith(base)) return path.slice(base.length).replace(/\/$/u, "");
  return posix.join(posix.dirname(page), path);
}

function idsOf(text: string): Set<string> {
  return new Set([...text.matchAll(/\sid="([^"]*)"/gu)].map(([, id = ""]) => id.replaceAll("&amp;", "&")));
}
