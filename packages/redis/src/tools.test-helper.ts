import { randomBytes } from "node:crypto";
import type { DriverOptions, FailureExplanation, RecordToWrite, ThreadDriver } from "@threadstore/core";
import { type Cluster, Redis } from "ioredis";
import { keysUnder } from "./keys.ts";

/** Options of a call that nobody aborts. */
export const options: DriverOptions = { signal: new AbortController().signal };

export const key = { namespace: "", id: "thread" };

export function nonce(): string {
  return randomBytes(16).toString("base64url");
}

/** A prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** A record as core makes it: a payload, and behind it a trailer. */
export function record(
  payload: Uint8Array | string,
  { unchanged = 0, expiresAt }: { unchanged?: number; expiresAt?: number | undefined } = {},
): RecordToWrite {
  const bytes = Buffer.concat([Buffer.from(payload), Buffer.from("}")]);
  return { bytes, unchanged, trailerLength: 1, nonce: nonce(), expiresAt };
}

export async function textAt(
  driver: ThreadDriver,
  id: string = key.id,
  namespace = "",
): Promise<string | undefined> {
  const found = await driver.read({ namespace, id }, undefined, options);
  return found?.bytes === undefined ? undefined : Buffer.from(found.bytes).toString();
}

/** What the driver says of the failure of a call that must fail. */
export async function failureOf(driver: ThreadDriver, call: Promise<unknown>): Promise<FailureExplanation> {
  const error = await call.then(
    () => {
      throw new Error("The call succeeded.");
    },
    (reason: unknown) => reason,
  );
  const explanation = driver.explain?.(error);
  if (explanation === undefined) throw error;
  return explanation;
}

/** A client of the test's own, to look behind the store's back. */
export function rawClient(url: string): Redis & Disposable {
  const client = new Redis(url);
  client.on("error", () => undefined);
  return Object.assign(client, { [Symbol.dispose]: () => client.disconnect() });
}

/** Every key under a prefix, on every master. */
export async function keysOf(client: Redis | Cluster, prefix: string): Promise<Buffer[]> {
  if (client.status === "wait") await client.connect();
  const nodes = client instanceof Redis ? [client] : client.nodes("master");
  const found: Buffer[] = [];
  for (const node of nodes) {
    let cursor = "0";
    do {
      const [next, keys] = await node.scanBuffer(cursor, "MATCH", `${prefix}:{*`, "COUNT", 1000);
      found.push(...keys);
      cursor = next.toString();
    } while (cursor !== "0");
  }
  return found;
}

export async function removeAll(client: Redis | Cluster, prefix: string): Promise<void> {
  for (const each of await keysOf(client, prefix)) await client.del(each);
}

/** The key of a record, for tests that damage it. */
export function recordKey(prefix: string, id: string, namespace = ""): Buffer {
  return Buffer.from(keysUnder(prefix).of({ namespace, id }).record);
}
