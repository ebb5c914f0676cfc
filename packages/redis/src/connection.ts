import type { EventEmitter } from "node:events";
import type { Cluster, Redis } from "ioredis";
import { OneShotCommand, type Parameter, ScriptCommand } from "./command.ts";
import { databaseCheck, selectionError } from "./database.ts";
import { AnswerLostError, isReplyError, neverSent, RedisSetupError, replyCode } from "./errors.ts";
import type { Script } from "./scripts.ts";

/** Sends commands when the client is connected. Strings come back as buffers. */
export interface Connection {
  command(name: string, parameters: Parameter[], signal: AbortSignal): Promise<unknown>;
  script(script: Script, keys: Parameter[], parameters: Parameter[], signal: AbortSignal): Promise<unknown>;
  /** What is another object after each reconnection; `undefined` where there are several connections. */
  session(): unknown;
}

export function connectionOf(client: Redis | Cluster): Connection {
  let connecting: Promise<void> | undefined;
  const isOnItsDatabase = databaseCheck(client);
  const send = async (command: OneShotCommand, signal: AbortSignal): Promise<unknown> => {
    signal.throwIfAborted();
    while (client.status !== "ready") {
      // One for all callers: each would add listeners.
      connecting ??= readiness(client).finally(() => {
        connecting = undefined;
      });
      await connecting;
    }
    await isOnItsDatabase();
    signal.throwIfAborted();
    return answerTo(client, command);
  };
  return {
    session: () => ("nodes" in client ? undefined : client.stream),
    command: (name, parameters, signal) => send(new OneShotCommand(name, parameters, signal), signal),
    script: async (script, keys, parameters, signal) => {
      try {
        return await send(new ScriptCommand({ script }, keys, parameters, signal), signal);
      } catch (error) {
        if (replyCode(error) !== "NOSCRIPT") throw error;
        return send(new ScriptCommand({ script, whole: true }, keys, parameters, signal), signal);
      }
    },
  };
}

async function answerTo(client: Redis | Cluster, command: OneShotCommand): Promise<unknown> {
  try {
    return await client.sendCommand(command);
  } catch (error) {
    if (isReplyError(error) || error instanceof AnswerLostError) throw error;
    throw command.sent ? new AnswerLostError(error) : neverSent(error);
  }
}

/** Resolves when the client has connected; rejects with what keeps it from that, which commands are not told. */
async function readiness(client: Redis | Cluster): Promise<void> {
  if (client.status === "end") {
    throw new RedisSetupError("The Redis client is closed. Close the store before its `client`.");
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const emitter: EventEmitter = client;
  const onError = (error: unknown): void => reject(selectionError(error));
  const onClose = (): void => onError(new Error("The connection to Redis ended before it was ready."));
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
