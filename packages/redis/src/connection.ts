import type { EventEmitter } from "node:events";
import { DriverError, deferred } from "@threadstore/core/driver";
import type { Cluster, Redis } from "ioredis";
import { OneShotCommand, type Parameter, ScriptCommand } from "./command.ts";
import { databaseCheck } from "./database-check.ts";
import {
  connectionFailure,
  isCommandUnknown,
  isReplyError,
  replyCodeOf,
  replyFailure,
  responseLost,
  versionMismatch,
} from "./errors.ts";
import type { Script } from "./scripts.ts";

/** Sends commands once the client is connected. Redis strings arrive as buffers. Rejects with a `DriverError`. */
export interface Connection {
  command(name: string, parameters: Parameter[], signal: AbortSignal): Promise<unknown>;
  script(script: Script, keys: Parameter[], parameters: Parameter[], signal: AbortSignal): Promise<unknown>;
  /** Returns a connection to each master: several for a Cluster. */
  masters(): Connection[];
  /** Returns an object that is replaced on each reconnection; `undefined` for a Cluster, which has many connections. */
  session(): unknown;
}

export function connectionTo(client: Redis | Cluster): Connection {
  let connecting: Promise<void> | undefined;
  const checkDatabase = databaseCheck(client);
  const sendWhenReady = async (command: OneShotCommand, signal: AbortSignal): Promise<unknown> => {
    signal.throwIfAborted();
    while (client.status !== "ready") {
      // All callers share one wait, because each wait adds listeners to the client.
      connecting ??= untilReady(client).finally(() => {
        connecting = undefined;
      });
      await connecting;
      signal.throwIfAborted();
    }
    const check = checkDatabase();
    if (check !== undefined) {
      await check;
      signal.throwIfAborted();
    }
    return responseTo(client, command);
  };
  // Most commands do not wait, and need no further promise.
  const send = (command: OneShotCommand, signal: AbortSignal): Promise<unknown> => {
    const isReady = !signal.aborted && client.status === "ready" && checkDatabase() === undefined;
    return isReady ? responseTo(client, command) : sendWhenReady(command, signal);
  };
  const connection: Connection = {
    masters: () => ("nodes" in client ? client.nodes("master").map(connectionTo) : [connection]),
    session: () => ("nodes" in client ? undefined : client.stream),
    command: (name, parameters, signal) => send(new OneShotCommand(name, parameters, signal), signal),
    script: async (script, keys, parameters, signal) => {
      try {
        return await send(new ScriptCommand({ script }, keys, parameters, signal), signal);
      } catch (error) {
        if (!DriverError.is(error) || replyCodeOf(error.cause) !== "NOSCRIPT") throw error;
        return send(new ScriptCommand({ script, withSource: true }, keys, parameters, signal), signal);
      }
    },
  };
  return connection;
}

async function responseTo(client: Redis | Cluster, command: OneShotCommand): Promise<unknown> {
  try {
    return await client.sendCommand(command);
  } catch (error) {
    if (DriverError.is(error)) throw error;
    if (isReplyError(error)) throw replyFailure(error);
    if (!command.sent && isCommandUnknown(error)) throw versionMismatch(error);
    throw command.sent ? responseLost(error) : connectionFailure(error);
  }
}

/** Resolves when the client is connected. Rejects with the connection error, which ioredis does not pass to commands. */
async function untilReady(client: Redis | Cluster): Promise<void> {
  if (client.status === "end") {
    throw new DriverError(
      "MISCONFIGURED",
      "The Redis client is closed. Close the store before you close its `client`.",
    );
  }
  const { promise, resolve, reject } = deferred<void>();
  const emitter: EventEmitter = client;
  const onError = (error: unknown): void => reject(connectionFailure(error));
  const onClose = (): void => onError(new Error("The connection closed before it was ready."));
  const listeners = [
    ["ready", resolve],
    ["error", onError],
    ["close", onClose],
  ] as const;
  for (const [event, listener] of listeners) emitter.on(event, listener);
  try {
    if (client.status === "wait") client.connect().catch(onError);
    await promise;
  } finally {
    for (const [event, listener] of listeners) emitter.off(event, listener);
  }
}
