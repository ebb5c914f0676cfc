import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Hono } from "hono";

const MODULES = [
  "chat.js",
  "dialogs.js",
  "drafts.js",
  "ids.js",
  "markdown.js",
  "messages.js",
  "server.js",
  "sidebar.js",
];

/** The files of the page by path, and its two libraries. */
const FILES: Readonly<Record<string, string>> = {
  "/": pageFile("index.html"),
  "/chat.css": pageFile("chat.css"),
  ...Object.fromEntries(MODULES.map((name) => [`/${name}`, pageFile(name)])),
  "/libraries/marked.js": fileURLToPath(import.meta.resolve("marked")),
  "/libraries/dompurify.js": fileURLToPath(import.meta.resolve("dompurify")),
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** Serves the page. */
export function serveFiles(app: Hono): void {
  for (const [path, file] of Object.entries(FILES)) {
    const content = readFileSync(file, "utf8");
    const type = CONTENT_TYPES[extname(file)] ?? "application/octet-stream";
    app.get(path, (context) => context.body(content, 200, { "content-type": `${type}; charset=utf-8` }));
  }
}

function pageFile(name: string): string {
  return join(import.meta.dirname, "page", name);
}
