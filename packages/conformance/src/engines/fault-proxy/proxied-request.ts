import { parseHttpHead } from "./http-head.ts";
import { parseRedisCommand } from "./redis-splitter.ts";
import type { TurnProtocol } from "./turns.ts";

/** A request on its way through the proxy. */
export interface ProxiedRequest {
  /** The number of its connection, counted from 1. */
  readonly connection: number;
  /**
   * For HTTP, the request line and the headers. For Redis and a protocol of turns, the whole request. Otherwise, the
   * first bytes received.
   */
  readonly bytes: Uint8Array;
  /** Set for HTTP/1.1. */
  readonly http?: {
    readonly method: string;
    /** The path and the query, as sent. */
    readonly target: string;
    /** By lower-case name. */
    readonly headers: ReadonlyMap<string, string>;
  };
  /** Set for RESP. */
  readonly redis?: {
    /** In upper case. */
    readonly command: string;
    readonly arguments: readonly string[];
  };
  /** Set for a protocol of turns. */
  readonly turns?: TurnProtocol;
}

/** Returns whether a fault applies to a request. */
export type RequestMatcher = (request: ProxiedRequest) => boolean;

/** The protocol of a connection, which its first byte determines unless it is one of turns. */
export type Protocol = "http" | "redis" | "unknown" | TurnProtocol;

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
    const [command = "", ...parameters] = parseRedisCommand(bytes).map(String);
    return { connection, bytes, redis: { command: command.toUpperCase(), arguments: parameters } };
  }
  return typeof protocol === "object" ? { connection, bytes, turns: protocol } : { connection, bytes };
}

/**
 * Matches HTTP requests by method and path. A string must equal the whole path; a regular expression is tested against
 * path and query. An absent option matches everything.
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

/** Matches Redis commands by name, case-insensitively. Without names, it matches all commands. */
export function redisCommand(...names: readonly string[]): RequestMatcher {
  const wanted = new Set(names.map((name) => name.toUpperCase()));
  return ({ redis }) => redis !== undefined && (wanted.size === 0 || wanted.has(redis.command));
}
