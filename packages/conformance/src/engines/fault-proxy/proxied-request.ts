import { parseHttpHead } from "./http-head.ts";
import { parseRedisCommand } from "./redis-splitter.ts";

/** A request on its way through the proxy. */
export interface ProxiedRequest {
  /** The connection that it came on: the first is 1. */
  readonly connection: number;
  /** HTTP: the request line and the headers. Redis: the whole command. Else: what came first. */
  readonly bytes: Uint8Array;
  /** Set if it is HTTP/1.1. */
  readonly http?: {
    readonly method: string;
    /** The path and the query, as sent. */
    readonly target: string;
    /** By name in lower case. */
    readonly headers: ReadonlyMap<string, string>;
  };
  /** Set if it is RESP. */
  readonly redis?: {
    /** In upper case. */
    readonly command: string;
    readonly arguments: readonly string[];
  };
}

/** Whether a fault is meant for a request. */
export type RequestMatcher = (request: ProxiedRequest) => boolean;

/** How the bytes of a connection are to be understood, told by its first one. */
export type Protocol = "http" | "redis" | "unknown";

export function protocolOf(firstByte: number | undefined): Protocol {
  const character = String.fromCharCode(firstByte ?? 0);
  if (character === "*") return "redis";
  return /[A-Z]/u.test(character) ? "http" : "unknown";
}

export function describeRequest(connection: number, protocol: Protocol, bytes: Buffer): ProxiedRequest {
  if (protocol === "http") {
    const { startLine, headers } = parseHttpHead(bytes);
    return { connection, bytes, http: { method: startLine[0], target: startLine[1], headers } };
  }
  if (protocol === "redis") {
    const [command = "", ...rest] = parseRedisCommand(bytes).map(String);
    return { connection, bytes, redis: { command: command.toUpperCase(), arguments: rest } };
  }
  return { connection, bytes };
}

/**
 * Matches HTTP requests by method and by path: a string is the whole path, a regular expression is tried on path and
 * query. What is left out matches all.
 */
export function httpRequest({
  method,
  path,
}: { method?: string; path?: string | RegExp } = {}): RequestMatcher {
  return ({ http }) => {
    if (http === undefined || (method !== undefined && http.method !== method)) return false;
    if (path === undefined) return true;
    return typeof path === "string" ? http.target.split("?")[0] === path : path.test(http.target);
  };
}

/** Matches Redis commands by name, in any case; without a name, all of them. */
export function redisCommand(...names: readonly string[]): RequestMatcher {
  const wanted = new Set(names.map((name) => name.toUpperCase()));
  return ({ redis }) => redis !== undefined && (wanted.size === 0 || wanted.has(redis.command));
}
