import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ViewerHandler } from "../viewer/options.ts";
import { rejection } from "./rejection.ts";

/** Lets only the user of this process through to a viewer. */
export interface AccessGuard {
  readonly handler: ViewerHandler;
  /** The secret of the printed address, with which any browser of the user can open the page. */
  readonly token: string;
  /** Returns a secret that opens the page once, for a place where other users can read it. */
  readonly createSingleUse: () => string;
}

interface GuardOptions {
  readonly viewer: ViewerHandler;
  /** The port of the server, once it listens. */
  readonly port: () => number;
}

/**
 * Protects a viewer on the loopback interface, which every process of the machine and every page in the browser can
 * reach: a token sets a cookie, without which there are no responses. The host of a request must be the loopback
 * address, so that a name that resolves to it (DNS rebinding) cannot be used, and the origin must be the page itself.
 */
export function guardAccess({ viewer, port }: GuardOptions): AccessGuard {
  const token = createSecret();
  // Differs from the token, which remains in the history of the shell and of the browser.
  const session = createSecret();
  const singleUse = new Set<string>();
  const isToken = (text: string): boolean => {
    // Both are compared, so that the time does not reveal which token the request resembles.
    const isReusable = isEqual(text, token);
    const used = [...singleUse].filter((each) => isEqual(text, each));
    for (const each of used) singleUse.delete(each);
    return isReusable || used.length > 0;
  };
  return {
    token,
    createSingleUse() {
      const secret = createSecret();
      singleUse.add(secret);
      return secret;
    },
    async handler(request) {
      const name = cookieName(port());
      const reject = (status: 401 | 403, detail: string): Response => rejection(request, status, detail);
      if (!isLocal(request, port())) return reject(403, "Open the page by the address that was printed.");
      if (!isSameOrigin(request)) return reject(403, "Only the page of the viewer can send requests.");
      const url = new URL(request.url);
      const given = url.searchParams.get("token");
      if (given !== null && url.pathname === "/" && request.method === "GET") {
        if (!isToken(given)) return reject(401, UNKNOWN_TOKEN);
        url.searchParams.delete("token");
        const headers = {
          location: `/${url.search}`,
          // Cookies are shared by all ports of a host, so the name contains the port.
          "set-cookie": `${name}=${session}; HttpOnly; SameSite=Strict; Path=/`,
          "cache-control": "no-store",
          "referrer-policy": "no-referrer",
        };
        return new Response(null, { status: 303, headers });
      }
      if (!cookiesOf(request, name).some((cookie) => isEqual(cookie, session)))
        return reject(401, UNKNOWN_TOKEN);
      return viewer(request);
    },
  };
}

const UNKNOWN_TOKEN =
  "The token is missing or wrong. Open the address that `threadstore serve` printed, which contains it.";

function createSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Compares secrets in a time that does not depend on where they differ. */
function isEqual(left: string, right: string): boolean {
  return timingSafeEqual(digestOf(left), digestOf(right));
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Returns whether a request was sent to the loopback address. */
function isLocal({ headers }: Request, port: number): boolean {
  const host = headers.get("host") ?? "";
  const suffixes = port === 80 ? ["", ":80"] : [`:${port}`];
  return ["127.0.0.1", "localhost"].some((name) => suffixes.some((suffix) => host === name + suffix));
}

/**
 * Returns whether a request is from the page, or from the user: a link or the address bar. Browsers set both headers.
 * Pages of other ports of this machine are of the same site, so their requests have the cookie.
 */
function isSameOrigin({ headers, method }: Request): boolean {
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${headers.get("host")}`) return false;
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return true;
  return (
    method === "GET" &&
    headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document"
  );
}

function cookieName(port: number): string {
  return `threadstore-${port}`;
}

/** Returns all cookies with a name: a page of another port can set one for a longer path, which browsers send first. */
function cookiesOf({ headers }: Request, name: string): string[] {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}
