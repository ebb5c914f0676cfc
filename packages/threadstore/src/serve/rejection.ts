import { createHash } from "node:crypto";
import { sendProblem } from "@threadstore/http/provider";

const REASONS = {
  401: ["UNAUTHORIZED", "The request has no session", "This page needs its token"],
  403: ["FORBIDDEN", "The request is not allowed", "This page cannot be opened here"],
} as const;

/** Returns the response to a request without access: a page for the address bar, and problem details for all others. */
export function rejection(request: Request, status: 401 | 403, detail: string): Response {
  const [code, title, heading] = REASONS[status];
  if (isNavigation(request)) return page(status, heading, detail);
  return sendProblem(
    { type: "about:blank", status, code, title, detail },
    { "x-content-type-options": "nosniff" },
  );
}

function isNavigation({ method, headers }: Request): boolean {
  return method === "GET" && (headers.get("accept") ?? "").includes("text/html");
}

const STYLE =
  ":root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}" +
  "body{max-width:32rem;margin:20vh auto 0;padding:0 1.5rem}h1{font-size:1.25rem}code{font-size:.9em}";

const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** `detail` is a text of this package, with code in backticks. */
function page(status: number, heading: string, detail: string): Response {
  const text = detail.replaceAll(/`([^`]*)`/gu, "<code>$1</code>");
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ThreadStore</title><style>${STYLE}</style><h1>${heading}</h1><p>${text}</p></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
  return new Response(html, { status, headers });
}
