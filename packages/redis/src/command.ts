import type { Socket } from "node:net";
import { Command } from "ioredis";
import { isReplyError, responseLost } from "./errors.ts";
import type { Script } from "./scripts.ts";

export type Parameter = string | Buffer;

const PING = "*1\r\n$4\r\nPING\r\n";

/**
 * A command that is sent at most once, however the client is configured. ioredis resends a command if the connection
 * ends before the response arrives, although Redis may have executed it. A conditional write would then conflict with
 * itself, and the conflict would be blamed on another client. This command rejects when its connection ends, and writes
 * a PING in its place if ioredis tries to resend it. After an error reply, a resend is safe: Cluster redirects that way.
 */
export class OneShotCommand extends Command {
  #sent = false;
  readonly #signal: AbortSignal;

  constructor(name: string, parameters: Parameter[], signal: AbortSignal) {
    super(name, parameters);
    this.#signal = signal;
  }

  /** Whether Redis may have received the command and has not refused it. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Returns the bytes that ioredis writes to the socket. */
  override toWritable(socket: Socket): string | Buffer {
    if (this.#sent) {
      this.reject(responseLost(new Error("The connection closed.")));
      return PING;
    }
    if (this.#signal.aborted) {
      this.reject(new Error("The call was aborted while the command waited for a connection."));
      return PING;
    }
    this.#track(socket);
    return super.toWritable(socket);
  }

  #track(socket: Socket): void {
    const pending = pendingOn(socket);
    if (pending.size > 0) writeTogether(socket);
    const { reject, resolve } = this;
    const untrack = (): void => {
      this.reject = reject;
      this.resolve = resolve;
      pending.delete(this);
    };
    this.#sent = true;
    pending.add(this);
    this.reject = (error) => {
      untrack();
      if (isReplyError(error)) this.#sent = false;
      reject(error);
    };
    // Not with `then`, which creates another promise.
    this.resolve = (result) => {
      untrack();
      resolve(result);
    };
  }
}

/** Runs a script: by its source on a connection that has not run it yet, and by its digest after that. */
export class ScriptCommand extends OneShotCommand {
  readonly #script: Script;
  readonly #withSource: boolean;

  constructor(
    { script, withSource = false }: { script: Script; withSource?: boolean },
    keys: Parameter[],
    parameters: Parameter[],
    signal: AbortSignal,
  ) {
    super("evalsha", [script.sha1, String(keys.length), ...keys, ...parameters], signal);
    this.#script = script;
    this.#withSource = withSource;
  }

  override toWritable(socket: Socket): string | Buffer {
    const known = scriptsKnownOn(socket);
    const { source, sha1 } = this.#script;
    const withSource = this.#withSource || !known.has(sha1);
    this.name = withSource ? "eval" : "evalsha";
    this.args[0] = withSource ? source : sha1;
    known.add(sha1);
    return super.toWritable(socket);
  }
}

const knownScripts = new WeakMap<Socket, Set<string>>();

function scriptsKnownOn(socket: Socket): Set<string> {
  const known = knownScripts.get(socket) ?? new Set();
  knownScripts.set(socket, known);
  return known;
}

const corkedSockets = new WeakSet<Socket>();

/**
 * Collects the commands of concurrent calls, which ioredis writes one by one, into one write to the connection. It follows
 * when the code that is running ends. A command that is sent while no other awaits a response does not wait for more.
 */
function writeTogether(socket: Socket): void {
  if (corkedSockets.has(socket)) return;
  corkedSockets.add(socket);
  socket.cork();
  process.nextTick(() => {
    corkedSockets.delete(socket);
    socket.uncork();
  });
}

const pendingCommands = new WeakMap<Socket, Set<OneShotCommand>>();

/** Returns the commands that await a response on a connection. They reject when it closes. */
function pendingOn(socket: Socket): Set<OneShotCommand> {
  const existing = pendingCommands.get(socket);
  if (existing !== undefined) return existing;
  const commands = new Set<OneShotCommand>();
  pendingCommands.set(socket, commands);
  let cause = new Error("The connection closed.");
  socket.prependOnceListener("error", (error) => {
    cause = error;
  });
  // Runs before the listener of ioredis, which would queue the commands for the next connection.
  socket.prependOnceListener("close", () => {
    for (const command of commands) command.reject(responseLost(cause));
  });
  return commands;
}
