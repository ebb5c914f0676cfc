import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { parseRedisCommand, splitRedis } from "../../../src/engines/fault-proxy/redis-splitter.ts";
import type { Endpoint } from "../../../src/suite/harness.ts";

/** The transaction state of a connection. */
interface Session {
  /** The revisions of the watched keys. */
  readonly watched: Map<string, number>;
  /** The commands since MULTI, or `undefined` outside a transaction. */
  queued: Buffer[][] | undefined;
}

/**
 * Starts a server that speaks RESP and supports the Redis commands that a store needs: GET, MGET, SET, DEL, SCAN, and
 * transactions with WATCH, MULTI and EXEC. It does not keep the process alive.
 */
export async function startRespServer(): Promise<Endpoint> {
  const keys = new Keyspace();
  const server = createServer((socket) => serve(socket, keys));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

function serve(socket: Socket, keys: Keyspace): void {
  const split = splitRedis();
  const session: Session = { watched: new Map(), queued: undefined };
  socket.unref();
  // The client already knows about the error.
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    for (const part of split(bytes)) socket.write(execute(keys, session, parseRedisCommand(part.bytes)));
  });
}

const OK = "+OK\r\n";

function execute(keys: Keyspace, session: Session, command: Buffer[]): Buffer {
  const [name = "", ...words] = command.map((word) => word.toString("latin1"));
  switch (name) {
    case "WATCH":
      for (const key of words) session.watched.set(key, keys.revisionOf(key));
      return Buffer.from(OK);
    case "UNWATCH":
      session.watched.clear();
      return Buffer.from(OK);
    case "MULTI":
      if (session.queued !== undefined) return Buffer.from("-ERR MULTI calls can not be nested\r\n");
      session.queued = [];
      return Buffer.from(OK);
    case "EXEC":
      return executeTransaction(keys, session);
    default:
      if (session.queued === undefined) return keys.execute(command);
      session.queued.push(command);
      return Buffer.from("+QUEUED\r\n");
  }
}

function executeTransaction(keys: Keyspace, session: Session): Buffer {
  const { queued, watched } = session;
  if (queued === undefined) return Buffer.from("-ERR EXEC without MULTI\r\n");
  const isUnchanged = [...watched].every(([key, revision]) => keys.revisionOf(key) === revision);
  session.queued = undefined;
  watched.clear();
  if (!isUnchanged) return Buffer.from("*-1\r\n");
  return list(queued.map((command) => keys.execute(command)));
}

class Keyspace {
  readonly #entries = new Map<string, Buffer>();
  /** The key at which SCAN continues, by cursor. */
  readonly #cursors = new Map<string, string>();
  /** Includes deleted keys, so that WATCH detects a key that was created and deleted. */
  readonly #revisions = new Map<string, number>();
  #revision = 0;

  revisionOf(key: string): number {
    return this.#revisions.get(key) ?? 0;
  }

  execute([name, ...words]: Buffer[]): Buffer {
    const [key = "", ...options] = words.map((word) => word.toString("latin1"));
    switch (name?.toString()) {
      case "GET":
        return bulk(this.#entries.get(key));
      case "MGET":
        return list([key, ...options].map((each) => bulk(this.#entries.get(each))));
      case "SET":
        this.#touch(key);
        this.#entries.set(key, Buffer.from(words[1] ?? ""));
        return Buffer.from(OK);
      case "DEL":
        return Buffer.from(`:${[key, ...options].filter((each) => this.#remove(each)).length}\r\n`);
      case "SCAN":
        return this.#scan(key, options[1] ?? "*", Number(options[3] ?? 10));
      default:
        return Buffer.from("-ERR unknown command\r\n");
    }
  }

  #touch(key: string): void {
    this.#revision += 1;
    this.#revisions.set(key, this.#revision);
  }

  #remove(key: string): boolean {
    const existed = this.#entries.delete(key);
    if (existed) this.#touch(key);
    return existed;
  }

  /** Returns a page of matching keys, which may be empty. A key can appear on two consecutive pages. */
  #scan(cursor: string, pattern: string, count: number): Buffer {
    // The first page is empty, as many pages are for a pattern that matches few keys.
    if (cursor === "0") return list([bulk(Buffer.from("start")), list([])]);
    const start = this.#cursors.get(cursor);
    const keys = [...this.#entries.keys()].toSorted().filter((key) => start === undefined || key >= start);
    const page = keys.slice(0, count + 1);
    const matching = page
      .filter((key) => matchesPattern(pattern, key))
      .map((key) => bulk(Buffer.from(key, "latin1")));
    const isLast = page.length === keys.length;
    const next = isLast ? "0" : String(this.#cursors.size + 1);
    if (!isLast) this.#cursors.set(next, page.at(-1) ?? "");
    return list([bulk(Buffer.from(next)), list(matching)]);
  }
}

function bulk(value: Buffer | undefined): Buffer {
  if (value === undefined) return Buffer.from("$-1\r\n");
  return Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")]);
}

function list(values: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(`*${values.length}\r\n`), ...values]);
}

/** Matches a key against a Redis pattern, which can contain `*`, `?`, `[abc]` and backslash escapes. */
function matchesPattern(pattern: string, key: string): boolean {
  const source = pattern.replaceAll(/\\(.)|(\*)|(\?)|(\[[^\]]*\])|([^\\*?[]|\[)/gsu, (_, ...groups) => {
    const [literal, star, any, set, other] = groups as (string | undefined)[];
    if (star !== undefined) return ".*";
    if (any !== undefined) return ".";
    if (set !== undefined) return set.replaceAll("\\", "\\\\");
    return escaped(literal ?? other ?? "");
  });
  return new RegExp(`^${source}$`, "su").test(key);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}
