import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { parseRedisCommand, splitRedis } from "../../../src/engines/fault-proxy/redis-splitter.ts";
import type { Endpoint } from "../../../src/suite/harness.ts";

/** What a connection has asked for and not ended. */
interface Session {
  readonly watched: Map<string, number>;
  /** The commands since MULTI; `undefined` outside of a transaction. */
  queued: Buffer[][] | undefined;
}

/**
 * A server that speaks RESP and does of Redis what a store takes: GET, MGET, SET, DEL, SCAN, and transactions with
 * WATCH, MULTI and EXEC. Does not keep the process alive.
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
  // Who cut the connection knows.
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    for (const part of split(bytes)) socket.write(answer(keys, session, parseRedisCommand(part.bytes)));
  });
}

const OK = "+OK\r\n";

function answer(keys: Keyspace, session: Session, command: Buffer[]): Buffer {
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
      return executed(keys, session);
    default:
      if (session.queued === undefined) return keys.execute(command);
      session.queued.push(command);
      return Buffer.from("+QUEUED\r\n");
  }
}

function executed(keys: Keyspace, session: Session): Buffer {
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
  /** The key after which a cursor of SCAN goes on. */
  readonly #cursors = new Map<string, string>();
  /** Of keys that are gone too, so that WATCH sees that they came and went. */
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
    const wasThere = this.#entries.delete(key);
    if (wasThere) this.#touch(key);
    return wasThere;
  }

  /** Some of the keys, of which none may match; a key that was on a page may be on the next one again. */
  #scan(cursor: string, pattern: string, count: number): Buffer {
    // An empty page to begin with, as a pattern that few keys match has many.
    if (cursor === "0") return list([bulk(Buffer.from("start")), list([])]);
    const after = this.#cursors.get(cursor);
    const keys = [...this.#entries.keys()].toSorted().filter((key) => after === undefined || key >= after);
    const page = keys.slice(0, count + 1);
    const matching = page
      .filter((key) => matches(pattern, key))
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

/** Patterns of Redis: `*`, `?`, `[abc]`, and a backslash before what stands for itself. */
function matches(pattern: string, key: string): boolean {
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
