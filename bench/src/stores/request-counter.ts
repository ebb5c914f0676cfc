import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { Redis } from "ioredis";
import type { Pool, PoolClient } from "pg";

/** Counts what a store asks of its backend: commands, statements, HTTP requests, or calls of the file system. */
export interface RequestCounter {
  count: number;
}

/** Counts the commands of a client. */
export function countCommands(client: Redis, counter: RequestCounter): void {
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command, stream) => {
    counter.count += 1;
    return send(command, stream);
  };
}

/** Counts the statements on all connections of a pool. */
export function countStatements(pool: Pool, counter: RequestCounter): void {
  pool.on("connect", (connection: PoolClient) => {
    const query = connection.query.bind(connection) as (...parameters: readonly unknown[]) => unknown;
    const countedQuery = (...parameters: readonly unknown[]): unknown => {
      counter.count += 1;
      return query(...parameters);
    };
    connection.query = countedQuery as PoolClient["query"];
  });
}

/** Counts the HTTP requests of this process, with any library. Returns a function that stops it. */
export function countHttpRequests(counter: RequestCounter): () => void {
  const channel = "http.client.request.start";
  const listener = (): void => void (counter.count += 1);
  subscribe(channel, listener);
  return () => void unsubscribe(channel, listener);
}

type Functions = Record<string, unknown>;

/**
 * Counts the calls of the file system of this process, and the names that listings of folders return. Returns a function
 * that stops it.
 */
export function countFileCalls(counter: RequestCounter): () => void {
  const restored = [fs, fs.promises].map((module) => wrapFunctions(module as unknown as Functions, counter));
  syncBuiltinESMExports();
  return () => {
    for (const restore of restored) restore();
    syncBuiltinESMExports();
  };
}

function wrapFunctions(functions: Functions, counter: RequestCounter): () => void {
  const originals = Object.entries(functions).filter(([name, value]) => isCall(name, value));
  for (const [name, original] of originals) {
    const call = original as (...parameters: unknown[]) => unknown;
    functions[name] = (...parameters: unknown[]): unknown => {
      counter.count += 1;
      const result = call(...parameters);
      if (result instanceof Promise) return result.then((value: unknown) => counted(value, counter));
      return counted(result, counter);
    };
  }
  return () => void Object.assign(functions, Object.fromEntries(originals));
}

/** Leaves out classes, and functions with other functions as members. */
function isCall(name: string, value: unknown): boolean {
  return typeof value === "function" && /^[a-z]/u.test(name) && Object.keys(value).length === 0;
}

function counted<Value>(value: Value, counter: RequestCounter): Value {
  if (Array.isArray(value)) counter.count += value.length;
  return value;
}
