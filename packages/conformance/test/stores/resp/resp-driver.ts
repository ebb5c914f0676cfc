import { compareUtf8, type ListedRecord, type ThreadDriver, type ThreadKey } from "@threadstore/core/driver";
import type { Reply, RespConnection } from "./resp-connection.ts";

/** How the store does what goes wrong easily with Redis. A broken one has other ways. */
export interface RespSteps {
  /** The name of the record's key within the place. */
  readonly nameOf: (key: ThreadKey) => string;
  /** Of the namespace's names, for SCAN. */
  readonly patternOf: (namespace: string) => string;
  /** The id in a name of the namespace; `undefined` when the name is not of the namespace. */
  readonly idIn: (namespace: string, name: string) => string | undefined;
  /** Whether a listing goes on with the cursor, after a page of so many keys. */
  readonly goesOn: (cursor: string, found: number) => boolean;
  /** What SCAN found in all its pages. */
  readonly distinct: (names: readonly string[]) => readonly string[];
  /** Makes a change if the stored version is `expected`, and says whether it was made. */
  readonly change: (change: Change) => Promise<boolean>;
}

export interface Change {
  readonly connections: Connections;
  readonly key: string;
  readonly expected: string | undefined;
  readonly command: readonly (string | Uint8Array)[];
  readonly signal: AbortSignal;
}

export interface Connections {
  /** For commands that stand alone. */
  readonly shared: RespConnection;
  /** For transactions, one at a time. */
  readonly transactions: RespConnection;
  /** Runs the work when that before it is done; it is given up when the signal is aborted. */
  readonly exclusively: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

const hex = (text: string): string => Buffer.from(text).toString("hex");

export const goodSteps: RespSteps = {
  nameOf: ({ namespace, id }) => `${hex(namespace)}:${hex(id)}`,
  patternOf: (namespace) => `${hex(namespace)}:*`,
  idIn: (_, name) => Buffer.from(name.slice(name.indexOf(":") + 1), "hex").toString(),
  goesOn: (cursor) => cursor !== "0",
  distinct: (names) => [...new Set(names)],
  change: ({ connections, key, expected, command, signal }) =>
    connections.exclusively(async () => {
      const { transactions } = connections;
      await transactions.send(["WATCH", key], signal);
      if (versionIn(await transactions.send(["GET", key], signal)) !== expected) {
        await transactions.send(["UNWATCH"], signal);
        return false;
      }
      return inTransaction(transactions, command, signal);
    }, signal),
};

/** Sends the command between MULTI and EXEC; says whether it was done. */
export async function inTransaction(
  connection: RespConnection,
  command: Change["command"],
  signal: AbortSignal,
): Promise<boolean> {
  await connection.send(["MULTI"], signal);
  await connection.send(command, signal);
  return (await connection.send(["EXEC"], signal)) !== null;
}

/** A driver of the kind that people write for Redis: values of a version and a record, changed under WATCH. */
export function respDriver(
  place: string,
  connections: Connections,
  steps: RespSteps = goodSteps,
): ThreadDriver {
  const { shared } = connections;
  const prefix = `${place}:`;
  const keyOf = (key: ThreadKey): string => prefix + steps.nameOf(key);

  return {
    contract: 1,
    name: "resp",
    async read(key, _known, { signal }) {
      const value = await shared.send(["GET", keyOf(key)], signal);
      const version = versionIn(value);
      return version === undefined ? undefined : { version, bytes: recordIn(value) };
    },
    async write(key, { bytes, nonce }, expected, { signal }) {
      const command = ["SET", keyOf(key), Buffer.concat([Buffer.from(nonce), bytes])] as const;
      const isDone = await steps.change({ connections, key: command[1], expected, command, signal });
      return isDone ? nonce : undefined;
    },
    async delete(key, expected, { signal }) {
      const command = ["DEL", keyOf(key)] as const;
      return steps.change({ connections, key: command[1], expected, command, signal });
    },
    async list(namespace, { after, limit }, { signal }) {
      const names = await scan(shared, [prefix, steps.patternOf(namespace)], steps, signal);
      const ids = names.flatMap((name) => steps.idIn(namespace, name) ?? []);
      const rest = ids
        .filter((id) => after === undefined || compareUtf8(id, after) > 0)
        .toSorted(compareUtf8);
      const page = rest.slice(0, limit);
      if (page.length === 0) return { records: [], next: undefined };
      const keys = page.map((id) => keyOf({ namespace, id }));
      const values = (await shared.send(["MGET", ...keys], signal)) as readonly Reply[];
      const records = page.flatMap((id, index) => listed(id, values[index] ?? null));
      return { records, next: rest.length > limit ? page.at(-1) : undefined };
    },
    async close() {
      connections.shared.drop();
      connections.transactions.drop();
    },
  };
}

/** The names of all keys that begin with the prefix and go on as the pattern says. */
async function scan(
  connection: RespConnection,
  [prefix, pattern]: readonly [string, string],
  { goesOn, distinct }: RespSteps,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor = "0";
  do {
    const page = await connection.send(["SCAN", cursor, "MATCH", prefix + pattern, "COUNT", "10"], signal);
    const [next, found] = page as [Buffer, Buffer[]];
    names.push(...found.map((key) => key.toString().slice(prefix.length)));
    cursor = goesOn(next.toString(), found.length) ? next.toString() : "0";
  } while (cursor !== "0");
  return distinct(names);
}

/** Versions are nonces, 22 characters long; the record follows. */
const VERSION_LENGTH = 22;

export function versionIn(value: Reply): string | undefined {
  return Buffer.isBuffer(value) ? value.toString("latin1", 0, VERSION_LENGTH) : undefined;
}

function recordIn(value: Reply): Buffer {
  return Buffer.isBuffer(value) ? value.subarray(VERSION_LENGTH) : Buffer.alloc(0);
}

function listed(id: string, value: Reply): ListedRecord[] {
  const version = versionIn(value);
  return version === undefined ? [] : [{ id, version, tail: recordIn(value) }];
}
