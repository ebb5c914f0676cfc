import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { RequestProblem } from "@threadstore/http/provider";
import { ViewerProblem } from "./viewer-problem.ts";

/** Answers a request for a file of the page. `path` is the path below the base path. */
export type Page = (request: Request, path: string, basePath: string) => Promise<Response>;

interface PageFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

const INDEX = "/index.html";

/**
 * Serves the files of a folder. They are read once, and a path is only looked up among their names, so no path leads
 * out of the folder.
 */
export function createPage(folder: string): Page {
  let files: Promise<ReadonlyMap<string, PageFile>> | undefined;
  return async (request, path, basePath) => {
    // The addresses in the page are relative to a folder.
    if (path === "") return redirect(`${basePath}/${new URL(request.url).search}`);
    files ??= readFiles(folder);
    const found = await files.catch((error: unknown) => {
      // It may be built later.
      files = undefined;
      throw error;
    });
    const name = path === "/" ? INDEX : path;
    const file = found.get(name);
    if (file === undefined) throw new RequestProblem("NOT_FOUND", "This path does not exist.");
    return fileResponse(request, file, name);
  };
}

function redirect(location: string): Response {
  return new Response(null, { status: 307, headers: { location } });
}

function fileResponse({ headers: sent }: Request, { bytes, type, etag }: PageFile, name: string): Response {
  const headers = {
    "content-type": type,
    etag,
    // The names of assets contain a digest of their content.
    "cache-control": name.startsWith("/assets/") ? "private, max-age=31536000, immutable" : "no-cache",
  };
  const tags = (sent.get("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//u, ""));
  if (tags.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(bytes, { headers });
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    const type = TYPES[extname(entry.name)] ?? "application/octet-stream";
    const name = `/${path.slice(join(folder, sep).length).replaceAll(sep, "/")}`;
    files.set(name, { bytes, type, etag });
  }
  if (files.has(INDEX)) return files;
  throw new ViewerProblem(
    "PAGE_MISSING",
    "The page of the viewer is not part of this installation. Install the package `threadstore` again, or build the page in its repository with `npm run build`.",
  );
}
