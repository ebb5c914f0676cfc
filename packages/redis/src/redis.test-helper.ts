import { randomBytes } from "node:crypto";
import {
  DriverError,
  type DriverOptions,
  type RecordToWrite,
  type AsyncThreadDriver,
} from "@threadstore/core/driver";
import { type Cluster, Redis } from "ioredis";
import { keysWithPrefix } from "./keys.ts";

/** Options of a driver call that is never aborted. */
export const callOptions: DriverOptions = { signal: new AbortController().signal };

export const key = { namespace: "", id: "thread" };

export function nonce(): string {
  return randomBytes(16).toString("base64url");
}

/** Returns a prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** Returns a record as core makes it: the payload followed by a trailer, here one brace. */
export function record(
  payload: Uint8Array | string,
  { unchanged = 0, expiresAt }: { unchanged?: number; expiresAt?: number | undefined } = {},
): RecordToWrite {
  const bytes = Buffer.concat([Buffer.from(payload), Buffer.from("}")]);
  return { bytes, unchanged, trailerLength: 1, nonce: nonce(), expiresAt, updatedAt: 0, changedMetadata: {} };
}

export async function textAt(
  driver: AsyncThreadDriver,
  id: string = key.id,
  namespace = "",
): Promise<string | undefined> {
  const storedRecord = await driver.read({ namespace, id }, undefined, callOptions);
  return storedRecord?.bytes === undefined ? undefined : Buffer.from(storedRecord.bytes).toString();
}

/** Resolves with the error of a driver call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<DriverError> {
  const error = await call.then(
    () => new Error("The call succeeded."),
    (reason: unknown) => reason,
  );
  if (!DriverError.is(error)) throw error;
  return error;
}

/** Returns a client that bypasses the store. */
export function directClient(url: string): Redis & Disposable {
  const client = new Redis(url);
  client.on("error", () => undefined);
  return Object.assign(client, { [Symbol.dispose]: () => client.disconnect() });
}

/** Resolves with every key that has the prefix, on every master. */
export async function keysOf(client: Redis | Cluster, prefix: string): Promise<Buffer[]> {
  if (client.status === "wait") await client.connect();
  const nodes = client instanceof Redis ? [client] : client.nodes("master");
  const allKeys: Buffer[] = [];
  for (const node of nodes) {
    let cursor = "0";
    do {
      const [next, keys] = await node.scanBuffer(cursor, "MATCH", `${prefix}:{*`, "COUNT", 1000);
      allKeys.push(...keys);
      cursor = next.toString();
    } while (cursor !== "0");
  }
  return allKeys;
}

export async function deleteAll(client: Redis | Cluster, prefix: string): Promise<void> {
  const keys = await keysOf(client, prefix);
  await Promise.all(keys.map((each) => client.del(each)));
}

/** Returns the key of a record, for tests that corrupt it. */
export function recordKey(prefix: string, id: string, namespace = ""): Buffer {
  return Buffer.from(keysWithPrefix(prefix).of({ namespace, id }).record);
}
