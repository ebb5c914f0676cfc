import {
  compareUtf8,
  entriesAfter,
  type ListedRecord,
  namespacesOnPage,
  type PageRequest,
  type RecordPage,
  patchesByRewriting,
  positionOf,
  type StoredRecord,
  type ThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import type { Reply, RespConnection } from "./resp-connection.ts";

/** The steps of the store that are easy to get wrong on Redis. Broken stores replace some of them. */
export interface RespSteps {
  /** Returns the name of a record's key, without the prefix of the location. */
  readonly nameOf: (key: ThreadKey) => string;
  /** Returns a pattern for SCAN that matches the names in the namespace. */
  readonly patternOf: (namespace: string) => string;
  /** Returns the id in a name, or `undefined` if the name is not in the namespace. */
  readonly idIn: (namespace: string, name: string) => string | undefined;
  /** Returns the namespace in a name. */
  readonly namespaceIn: (name: string) => string;
  /** Returns whether SCAN continues at the cursor after a page of `keyCount` keys. */
  readonly hasMore: (cursor: string, keyCount: number) => boolean;
  /** Removes duplicates from the names on all pages of SCAN. */
  readonly deduplicate: (names: readonly string[]) => readonly string[];
  /** Applies a change if the stored version is `expected`. Resolves with whether it was applied. */
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
  /** For single commands. */
  readonly shared: RespConnection;
  /** For transactions, one at a time. */
  readonly transactions: RespConnection;
  /** Runs the operation after earlier ones have finished. Rejects as soon as the signal aborts. */
  readonly exclusively: <T>(operation: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

const hex = (text: string): string => Buffer.from(text).toString("hex");

export const goodSteps: RespSteps = {
  nameOf: ({ namespace, id }) => `${hex(namespace)}:${hex(id)}`,
  patternOf: (namespace) => `${hex(namespace)}:*`,
  idIn: (_, name) => Buffer.from(name.slice(name.indexOf(":") + 1), "hex").toString(),
  namespaceIn: (name) => Buffer.from(name.slice(0, name.indexOf(":")), "hex").toString(),
  hasMore: (cursor) => cursor !== "0",
  deduplicate: (names) => [...new Set(names)],
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

/** Sends the command between MULTI and EXEC. Resolves with whether the transaction was executed. */
export async function inTransaction(
  connection: RespConnection,
  command: Change["command"],
  signal: AbortSignal,
): Promise<boolean> {
  await connection.send(["MULTI"], signal);
  await connection.send(command, signal);
  return (await connection.send(["EXEC"], signal)) !== null;
}

/** Creates a typical driver for Redis. Each value holds a version and a record, and changes use WATCH. */
export function respDriver(
  location: string,
  connections: Connections,
  steps: RespSteps = goodSteps,
): ThreadDriver {
  const { shared } = connections;
  const prefix = `${location}:`;
  const keyOf = (key: ThreadKey): string => prefix + steps.nameOf(key);

  const read: ThreadDriver["read"] = async (key, _cached, { signal }) => {
    return storedIn(await shared.send(["GET", keyOf(key)], signal));
  };
  const write: ThreadDriver["write"] = async (key, record, expected, { signal }) => {
    const { bytes, nonce, updatedAt } = record;
    const header = Buffer.from(nonce + String(updatedAt).padStart(TIME_LENGTH));
    const command = ["SET", keyOf(key), Buffer.concat([header, bytes])] as const;
    const isApplied = await steps.change({ connections, key: command[1], expected, command, signal });
    return isApplied ? nonce : undefined;
  };
  return {
    contract: 2,
    name: "resp",
    read,
    write,
    ...patchesByRewriting({ read, write }),
    async delete(key, expected, { signal }) {
      const command = ["DEL", keyOf(key)] as const;
      return steps.change({ connections, key: command[1], expected, command, signal });
    },
    async list(namespace, page, { signal }) {
      const names = await scan(shared, [prefix, steps.patternOf(namespace)], steps, signal);
      const ids = names.flatMap((name) => steps.idIn(namespace, name) ?? []);
      return listRecords(ids, page, async (listedIds) => {
        const keys = listedIds.map((id) => keyOf({ namespace, id }));
        return keys.length === 0 ? [] : ((await shared.send(["MGET", ...keys], signal)) as readonly Reply[]);
      });
    },
    async listNamespaces(request, { signal }) {
      const names = await scan(shared, [prefix, "*"], steps, signal);
      return namespacesOnPage(new Set(names.map(steps.namespaceIn)), request, compareUtf8);
    },
    async close() {
      connections.shared.drop();
      connections.transactions.drop();
    },
  };
}

/** Selects a page from all ids. By recency, it reads the value of each, as there is no index. */
async function listRecords(
  ids: readonly string[],
  { after, limit, order, prefix }: PageRequest,
  valuesOf: (ids: readonly string[]) => Promise<readonly Reply[]>,
): Promise<RecordPage> {
  const matching = ids.filter((id) => id.startsWith(prefix));
  const times = order === "updated" ? (await valuesOf(matching)).map(timeIn) : [];
  const entries = matching.map((id, index) => ({ id, updatedAt: times[index] ?? 0 }));
  const remaining = entriesAfter(entries, { after, order });
  const page = remaining.slice(0, limit);
  const values = await valuesOf(page.map(({ id }) => id));
  const records = page.flatMap(({ id }, index) => listed(id, values[index] ?? null));
  const last = remaining.length > limit ? page.at(-1) : undefined;
  return { records, next: last && positionOf(last, order) };
}

/** Returns the names, without the prefix, of all keys that match the prefix followed by the pattern. */
async function scan(
  connection: RespConnection,
  [prefix, pattern]: readonly [string, string],
  { hasMore, deduplicate }: RespSteps,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor = "0";
  do {
    const page = await connection.send(["SCAN", cursor, "MATCH", prefix + pattern, "COUNT", "10"], signal);
    const [next, keys] = page as [Buffer, Buffer[]];
    names.push(...keys.map((key) => key.toString().slice(prefix.length)));
    cursor = hasMore(next.toString(), keys.length) ? next.toString() : "0";
  } while (cursor !== "0");
  return deduplicate(names);
}

/** Length of the version at the start of a value, in bytes. Versions are nonces. */
const VERSION_LENGTH = 22;
/** Length of the time of the save after it, in bytes. */
const TIME_LENGTH = 17;
/** Length of what precedes the record in a value, in bytes. */
export const HEADER_LENGTH: number = VERSION_LENGTH + TIME_LENGTH;

export function versionIn(value: Reply): string | undefined {
  return Buffer.isBuffer(value) ? value.toString("latin1", 0, VERSION_LENGTH) : undefined;
}

function storedIn(value: Reply): StoredRecord | undefined {
  const version = versionIn(value);
  return version === undefined ? undefined : { version, bytes: recordIn(value) };
}

function timeIn(value: Reply): number {
  return Buffer.isBuffer(value) ? Number(value.toString("latin1", VERSION_LENGTH, HEADER_LENGTH)) : 0;
}

function recordIn(value: Reply): Buffer {
  return Buffer.isBuffer(value) ? value.subarray(HEADER_LENGTH) : Buffer.alloc(0);
}

function listed(id: string, value: Reply): ListedRecord[] {
  const version = versionIn(value);
  return version === undefined ? [] : [{ id, version, tail: recordIn(value) }];
}
